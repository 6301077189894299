"""The command line's grammar: every command, option and example. Imports only argparse; owns no work.

Each command names its handler as "module:function" in `tui.commands`, to be imported when it is called.
"""

from __future__ import annotations

from tui.grammar_automation import automation
from tui.grammar_keeping import keeping
from tui.grammar_pictures import pictures
from tui.grammar_supply import supply
from tui.grammar_trust import trust
from tui.parser import Commands, Parser, command, json_command, root, subcommands

_ABOUT = """\
A home assistant in the terminal: it talks, draws, speaks, listens, remembers, and finds lost
things in your own cameras' footage. Everything runs on this machine."""
_EXAMPLE = """\
Without a command: the app in a terminal, the demo otherwise.

example: hausgeist ask "where is my watch?\""""


def build_parser() -> Parser:
    """The whole grammar."""
    parser, commands = root(_ABOUT, _EXAMPLE)
    for add in (
        _talk,
        _tools,
        _models,
        _cameras,
        _items,
        _find,
        _speech,
        pictures,
        _memory,
        _docs,
        _persona,
        automation,
        trust,
        _app,
        _house,
        keeping,
        supply,
    ):
        add(commands)
    return parser


def _talk(commands: Commands) -> None:
    ask = json_command(
        commands, "ask", "talk:ask", "ask one thing and print the answer", 'hausgeist ask "draw a red fox"'
    )
    ask.add_argument("text", nargs="+", metavar="TEXT", help="the request; - reads standard input")
    chat = command(
        commands, "chat", "talk:chat", "chat line by line; Ctrl-D leaves, Ctrl-C stops an answer",
        "hausgeist chat --session kitchen",
    )  # fmt: skip
    for parser in (ask, chat):
        parser.add_argument("--session", default="default", metavar="NAME", help="conversation to continue")
        parser.add_argument("--yes", action="store_true", help="approve every tool without asking")
        parser.add_argument(
            "--attach", action="append", default=[], metavar="FILE", help="a file tools may read (repeatable)"
        )


def _tools(commands: Commands) -> None:
    group = subcommands(commands, "tools", "list the tools, or call one", "hausgeist tools list")
    json_command(group, "list", "tools:list_tools", "list the tools and their arguments", "hausgeist tools list")
    example = 'hausgeist tools call speak text="dinner is ready"'
    call = json_command(group, "call", "tools:call", "call a tool with arguments", example)
    call.add_argument("name", metavar="NAME", help="the tool")
    call.add_argument("arguments", nargs="*", metavar="KEY=VALUE", help="its arguments; lists as JSON")
    call.add_argument("--yes", action="store_true", help="approve it without asking")
    about = "write a package with a tool of your own, ready to be installed"
    new = json_command(group, "new", "tools:new", about, "hausgeist tools new water_plants")
    new.add_argument("name", metavar="NAME", help="the tool's name, such as water_plants")
    new.add_argument("--folder", default=".", metavar="FOLDER", help="where its folder is made (default: here)")


def _models(commands: Commands) -> None:
    group = subcommands(commands, "models", "get, check and remove models", "hausgeist models pull starter")
    about = "list the models and which are installed"
    json_command(group, "list", "models:list_models", about, "hausgeist models list")
    example = "hausgeist models {} whisper-base"
    pull = json_command(group, "pull", "models:pull", "download models and verify them", example.format("pull"))
    pull.add_argument("names", nargs="*", metavar="MODEL", default=["starter"], help="ids, or starter (default)")
    pull.add_argument("--from", dest="folder", metavar="FOLDER", help="look for the files here first")
    about = "prepare the chat model and the router, so that a first answer need not wait"
    json_command(group, "warm", "models:warm", about, "hausgeist models warm")
    verify = json_command(group, "verify", "models:verify", "check installed models by hash", example.format("verify"))
    verify.add_argument("names", nargs="*", metavar="MODEL", help="ids (default: all that are installed)")
    remove = json_command(group, "remove", "models:remove", "delete installed models", example.format("remove"))
    remove.add_argument("names", nargs="+", metavar="MODEL", help="ids")


def _cameras(commands: Commands) -> None:
    example = "hausgeist cameras add kitchen ~/recordings/kitchen"
    group = subcommands(commands, "cameras", "the cameras of the house", example)
    example = 'hausgeist cameras add kitchen kitchen.mp4 --start "2026-03-01 18:00" --zone "table:10,10;300,10;300,200"'
    about = "add a camera: a folder of recordings, one recording, an RTSP camera or a Frigate server's"
    add = json_command(group, "add", "cameras:add", about, example)
    add.add_argument("name", metavar="NAME", help="what you call it")
    place = "a folder of recordings, one recording, rtsp://HOST/PATH, or http://HOST:5000 (Frigate)"
    add.add_argument("path", metavar="PATH", help=place)
    add.add_argument("--start", metavar="TIME", help='when a recording began: ISO 8601 or "YYYY-MM-DD HH:MM"')
    zone_help = 'a named polygon, "NAME:x,y;x,y;x,y…", in pixels or fractions of the picture (repeatable)'
    add.add_argument("--zone", action="append", default=[], metavar="ZONE", help=zone_help)
    pattern = 'how the files are named, such as "cam1_%%Y%%m%%d_%%H%%M%%S*" (default: the common ways)'
    add.add_argument("--name-pattern", metavar="PATTERN", help=pattern)
    add.add_argument("--timezone", metavar="ZONE", help="zone of the times in names (default: finder.timezone)")
    add.add_argument("--frigate-camera", metavar="NAME", help="its name in Frigate (default: NAME)")
    add.add_argument("--events-only", action="store_true", help="fetch only what is around Frigate's events")
    add.add_argument("--password-file", metavar="FILE", help="first line: the password; - reads standard input")
    add.add_argument("--no-check", action="store_true", help="do not connect to an address first")
    json_command(group, "list", "cameras:list_cameras", "list the cameras", "hausgeist cameras list")
    about = "look through new recordings; Ctrl-C stops"
    index = json_command(group, "index", "cameras:index", about, "hausgeist cameras index kitchen")
    index.add_argument("names", nargs="*", metavar="NAME", help="cameras (default: all)")
    index.add_argument("--engine", choices=("local", "ray"), default="local", help="ray: scan on a Ray cluster")
    index.add_argument("--workers", type=int, default=2, metavar="N", help="with ray: processes (default: 2)")
    index.add_argument("--ray-address", metavar="ADDRESS", help="with ray: a running cluster (default: this machine)")
    about = "record live cameras and look through what is new, on and on; Ctrl-C ends it"
    example = "hausgeist cameras watch --set finder.watch_cpu_share=0.5"
    watch = json_command(group, "watch", "watch:watch", about, example)
    watch.add_argument("names", nargs="*", metavar="NAME", help="cameras (default: all, also those added meanwhile)")
    _camera_views(group)
    about, example = "what was placed, removed or covered", "hausgeist cameras events kitchen --json"
    events = json_command(group, "events", "cameras:events", about, example)
    events.add_argument("name", nargs="?", metavar="NAME", help="a camera (default: all)")
    about = "forget cameras, their index and what was recorded of them; your own recordings stay"
    remove = json_command(group, "remove", "cameras:remove", about, "hausgeist cameras remove attic")
    remove.add_argument("names", nargs="+", metavar="NAME", help="cameras")


def _camera_views(group: Commands) -> None:
    about, example = "a picture of a camera, to see its zones or draw them on", "hausgeist cameras still study -o s.png"
    still = json_command(group, "still", "camera_views:still", about, example)
    still.add_argument("name", metavar="NAME", help="a camera")
    still.add_argument("-o", "--output", metavar="FILE", help="write the picture here (default: NAME.png)")
    still.add_argument("--at", metavar="TIME", help='"10:42", "yesterday 18:00", or ISO 8601 (default: the newest)')
    still.add_argument("--grid", action="store_true", help="draw a grid of fractions, and the zones")
    about, example = (
        "list, set or remove zones: named places of a picture",
        ('hausgeist cameras zone study desk --polygon "0.1,0.5 0.6,0.5 0.6,0.9 0.1,0.9"'),
    )
    zone = json_command(group, "zone", "camera_views:zone", about, example)
    zone.add_argument("name", metavar="NAME", help="a camera")
    zone.add_argument("place", nargs="?", metavar="PLACE", help="what the place is called (default: list them)")
    zone.add_argument("--polygon", metavar="CORNERS", help='"x,y x,y x,y…", pixels, or fractions of the picture')
    zone.add_argument("--remove", action="store_true", help="remove this zone")
    about, example = "when a camera recorded, and when not", "hausgeist cameras coverage study --since yesterday --json"
    coverage = json_command(group, "coverage", "camera_views:coverage", about, example)
    coverage.add_argument("name", metavar="NAME", help="a camera")
    coverage.add_argument("--since", metavar="TIME", help='"yesterday", "2 hours ago", or ISO 8601')
    coverage.add_argument("--until", metavar="TIME", help="the same")


def _items(commands: Commands) -> None:
    example = 'hausgeist items teach "grandfather\'s watch" watch1.jpg watch2.jpg'
    group = subcommands(commands, "items", "things you have taught it to know by sight", example)
    about = "learn a thing from photos, or from a box on a camera's frame"
    teach = json_command(group, "teach", "items:teach", about, example)
    teach.add_argument("name", metavar="NAME", help="what you call it")
    teach.add_argument("photos", nargs="*", metavar="PHOTO", help="JPEG or PNG files that show it")
    teach.add_argument("--also", action="append", default=[], metavar="NAME", help="another name (repeatable)")
    teach.add_argument("--camera", metavar="NAME", help="take it from this camera's picture, with --box")
    teach.add_argument("--at", metavar="TIME", help='"10:42", or ISO 8601 (default: the newest picture)')
    teach.add_argument("--box", metavar="x,y,w,h", help="where it is: pixels, or fractions of the picture")
    json_command(group, "list", "items:list_items", "list what was taught", "hausgeist items list")
    about, example = "a taught thing and its pictures", 'hausgeist items show "grandfather\'s watch"'
    show = json_command(group, "show", "items:show", about, example)
    show.add_argument("name", metavar="NAME", help="what you call it")
    about, example = "forget taught things with their pictures", 'hausgeist items forget "grandfather\'s watch"'
    forget = json_command(group, "forget", "items:forget", about, example)
    forget.add_argument("names", nargs="+", metavar="NAME", help="things")


def _find(commands: Commands) -> None:
    about, example = "find a thing in the cameras' footage", 'hausgeist find "my watch" --since yesterday'
    find = json_command(commands, "find", "find:find", about, example)
    find.add_argument("item", nargs="*", metavar="ITEM", help="what you look for")
    find.add_argument("--since", metavar="TIME", help='"yesterday", "2 hours ago", or ISO 8601')
    find.add_argument("--camera", metavar="NAME", help="only this camera")
    find.add_argument("--photo", metavar="FILE", help="a picture of the thing")


def _speech(commands: Commands) -> None:
    example = 'hausgeist speak "dinner is ready" -o dinner.wav'
    speak = json_command(commands, "speak", "speech:speak", "speak a text", example)
    speak.add_argument("text", nargs="+", metavar="TEXT", help="what to say; - reads standard input")
    speak.add_argument(
        "-o", "--output", metavar="FILE", help="write the sound here (.wav, .flac, .ogg, .mp3), and do not play it"
    )
    speak.add_argument("--voice", metavar="MODEL", help="voice, by catalogue id (default: speech.voice)")
    about = "write down what is said in a recording, or into the microphone"
    listen = json_command(commands, "listen", "speech:listen", about, "hausgeist listen --file memo.wav")
    listen.add_argument(
        "--file",
        metavar="FILE",
        help="a sound or video file; - reads standard input (default: one utterance from the microphone)",
    )
    listen.add_argument("--language", metavar="CODE", help="ISO 639-1 (default: what is heard)")
    about = "list the sound devices"
    json_command(commands, "devices", "speech:devices", about, "hausgeist devices")
    _voice(commands)


def _voice(commands: Commands) -> None:
    about = "talk with it: speak, and be answered aloud; lines can be typed meanwhile"
    voice = json_command(commands, "voice", "voice:voice", about, "hausgeist voice --mode wake")
    modes = ("hands-free", "push", "wake")
    mode_help = "hands-free, push (the Enter key), or wake (a word; speech.wake_word)"
    voice.add_argument("--mode", choices=modes, metavar="MODE", help=mode_help)
    voice.add_argument("--full-duplex", action="store_true", help="hear you while it speaks: with a headset only")
    voice.add_argument("--input", metavar="FILE", help="hear the requests in this recording instead")
    voice.add_argument("--output", metavar="FILE", help="write the answers here, and do not play them")
    voice.add_argument("--session", default="default", metavar="NAME", help="conversation to continue")
    voice.add_argument("--yes", action="store_true", help="approve every tool without asking")
    about = "serve the recogniser and the voices over the Wyoming protocol (Home Assistant, satellites)"
    wyoming = json_command(commands, "wyoming", "wyoming:wyoming", about, "hausgeist wyoming --port 10300")
    wyoming.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (default: 127.0.0.1)")
    allow = "with another --host: the only clients, by address or network such as 192.168.1.0/24 (repeatable)"
    wyoming.add_argument("--allow", action="append", default=[], metavar="ADDRESS", help=allow)
    wyoming.add_argument("--port", type=int, default=10300, metavar="N", help="default: 10300; 0: any free one")


def _memory(commands: Commands) -> None:
    example = 'hausgeist memory search "blue mug"'
    group = subcommands(commands, "memory", "see and change what is remembered", example)
    json_command(group, "list", "memory:list_facts", "list every fact", "hausgeist memory list")
    example = 'hausgeist memory search "allergies" -k 3'
    search = json_command(group, "search", "memory:search", "search by meaning", example)
    search.add_argument("query", nargs="+", metavar="QUERY", help="what about")
    search.add_argument("-k", type=int, default=5, metavar="N", help="results at most (default: 5)")
    example = 'hausgeist memory add "Anna is allergic to nuts"'
    add = json_command(group, "add", "memory:add", "remember a fact", example)
    add.add_argument("text", nargs="+", metavar="TEXT", help="the fact; - reads standard input")
    about = 'remember every row {"text", "time", "source"} of a JSON Lines file'
    example = "hausgeist memory import notes.jsonl"
    import_ = json_command(group, "import", "memory:import_file", about, example)
    import_.add_argument("file", metavar="FILE.jsonl", help="one JSON object a line; - reads standard input")
    example = 'hausgeist memory forget "Anna is allergic to nuts"'
    forget = json_command(group, "forget", "memory:forget", "delete facts for good", example)
    forget.add_argument("query", nargs="+", metavar="ID|TEXT", help="a fact's id, or words that tell which")
    forget.add_argument("--yes", action="store_true", help="do not ask")
    example = "hausgeist memory export -o memory.jsonl"
    export = json_command(group, "export", "memory:export", "write all facts as JSON Lines", example)
    export.add_argument("-o", "--output", metavar="FILE", help="write here (default: standard output)")


def _docs(commands: Commands) -> None:
    example = "hausgeist docs add ~/Manuals"
    group = subcommands(commands, "docs", "documents that questions are answered from, with file and page", example)
    about = "read files and folders (text, Markdown, HTML, PDF) into the library"
    add = json_command(group, "add", "docs:add", about, example)
    add.add_argument("places", nargs="+", metavar="PATH", help="a file, or a folder with all that lies in it")
    json_command(group, "list", "docs:list_documents", "list the documents", "hausgeist docs list")
    example = 'hausgeist docs search "descale the kettle" -k 3'
    search = json_command(group, "search", "docs:search", "search the documents", example)
    search.add_argument("query", nargs="+", metavar="QUERY", help="what about")
    search.add_argument("-k", type=int, default=5, metavar="N", help="results at most (default: 5)")
    example = "hausgeist docs remove ~/Manuals/kettle.pdf"
    remove = json_command(group, "remove", "docs:remove", "forget documents; the files stay", example)
    remove.add_argument("files", nargs="+", metavar="FILE", help="a file, as `hausgeist docs list` names it")


def _app(commands: Commands) -> None:
    app = command(commands, "app", "app:app", "open the full-screen app", "hausgeist app --session kitchen")
    about = "open the app in a browser, on this machine only"
    web = command(commands, "web", "app:web", about, "hausgeist web --port 8642")
    for parser in (app, web):
        parser.add_argument(
            "--session", default="", metavar="NAME", help="conversation to continue (default: the last)"
        )
    web.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="loopback address (default: 127.0.0.1)")
    web.add_argument("--port", type=int, default=0, metavar="N", help="port (default: a free one)")


def _persona(commands: Commands) -> None:
    group = subcommands(
        commands, "persona", "who it is that answers: name, manner, voice", "hausgeist persona use butler"
    )
    json_command(group, "list", "persona:list_personas", "list the personas", "hausgeist persona list")
    show = json_command(group, "show", "persona:show", "show one", "hausgeist persona show butler")
    show.add_argument("name", nargs="?", metavar="PERSONA", help="its file name (default: the one in use)")
    example = 'hausgeist persona new butler --name James --manner "Speak like an old butler, briefly."'
    new = json_command(group, "new", "persona:new", "write a persona", example)
    new.add_argument("file", metavar="PERSONA", help="a file name of small letters, digits, - and _")
    new.add_argument("--name", metavar="NAME", help="what it calls itself (default: from the file name)")
    new.add_argument("--manner", metavar="TEXT", help="how it speaks, as an instruction")
    new.add_argument("--voice", metavar="MODEL", help="its voice, by catalogue id (default: speech.voice)")
    new.add_argument("--picture", metavar="FILE", help="a picture of it")
    new.add_argument("--replace", action="store_true", help="write it anew where there is one")
    use = json_command(group, "use", "persona:use", "choose who answers from now on", "hausgeist persona use butler")
    use.add_argument("name", nargs="?", metavar="PERSONA", help="its file name (default: the built-in one)")
    remove = json_command(group, "remove", "persona:remove", "delete a persona", "hausgeist persona remove butler")
    remove.add_argument("name", metavar="PERSONA", help="its file name")


def _house(commands: Commands) -> None:
    json_command(commands, "demo", "house:demo", "a tour on the sample home", "hausgeist demo")
    about = "show the settings in force and where each is from"
    json_command(commands, "settings", "house:settings", about, "hausgeist settings --json")
