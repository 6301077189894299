"""Where recordings come from (folders, files, RTSP, Frigate) and when each began. Owns no looking at pixels."""
