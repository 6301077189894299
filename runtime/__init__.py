"""What every model needs: settings, paths, errors, the catalogue, downloads, worker processes, leases,
spans.
"""
