"""What looks like a secret is hidden and counted; what does not is left alone. The secrets here are made up and split, so that
scanners of this repository stay quiet."""

import json
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatviewer.domain import Message, Role, Session, ToolCall
from chatviewer.exporters.redaction import RedactingReader, Redactor
from chatviewer.exporters.registry import find_exporter
from tests.exporters.conftest import full_session
from tests.exporters.shelf import Shelf
from tests.measuring import cpu_seconds

R = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7d"  # 40 characters
KEY_BODY = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7" + "a1B2" * 3] * 6)

SECRETS = [
    ("anthropic key", "sk-" + "ant-api03-" + R),
    ("openai key", "sk-" + "proj-" + R),
    ("openai key", "sk-" + R + "12345678"),
    ("openrouter key", "sk-" + "or-v1-" + "0a" * 32),
    ("github token", "gh" + "p_" + R[:36]),
    ("github token", "github" + "_pat_" + R + R),
    ("gitlab token", "gl" + "pat-" + R[:20]),
    ("aws key", "AKIA" + "QWERTYUIOP234567"),
    ("google key", "AIza" + R[:35]),
    ("slack token", "xox" + "b-123456789012-" + R[:24]),
    ("stripe key", "sk_" + "live_" + R[:24]),
    ("package registry token", "npm" + "_" + R[:36]),
    ("hugging face token", "hf" + "_" + R[:34]),
    ("sendgrid key", "SG" + "." + R[:22] + "." + R + "abc"),
    ("bot token", "123456789:" + "AA" + R[:33]),
    ("json web token", "eyJ" + R + ".eyJ" + R + "." + R),
    ("private key", f"-----BEGIN RSA {'PRIVATE'} KEY-----\n{KEY_BODY}\n-----END RSA {'PRIVATE'} KEY-----"),
    ("private key", f"-----BEGIN {'PRIVATE'} KEY-----\\n{KEY_BODY}\\n-----END {'PRIVATE'} KEY-----"),
    ("private key", f"-----BEGIN {'PRIVATE'} KEY-----\n{KEY_BODY}"),
]
NAMED = [
    ("password", 'password = "{}"', "hunter2-!x9"),
    ("password", '"db_password": "{}"', "hunter2-!x9"),
    ("password", '\\"api_key\\": \\"{}\\"', "k9f8e7d6c5b4"),
    ("password", "export STRIPE_SECRET_KEY={}", "a1b2c3d4e5f6"),
    ("password", "API_TOKEN='{}'", "a1b2c3d4e5f6"),
    ("aws key", "aws_secret_access_key = {}", R),
    ("authorization header", "Authorization: Bearer {}", R),
    ("authorization header", '-H "authorization: Basic {}"', "dXNlcjpodW50ZXIyeHg5"),
    ("password", "my key is here and password={}", "hunter2secret99"),
    ("password", "host=db user=ada password={} dbname=app", "hunter2-x9"),
    ("password", "Server=db;Password={};Timeout=3", "Hunter2-x9!"),
    ("password", "  password: {}", "hunter2-x9"),
    ("password", "https://db.internal/?password={}&x=1", "hunter2x9"),
    ("password", "login --password {} --user ada", "hunter2-x9"),
    ("password", 'run("login --passwd={}")', "hunter2x9"),
    ("password in a url", "postgres://ada:{}@db.internal/app", "hunter2x9"),
    ("password", "login --password {} --user ada", "hunter2"),
    ("password", "login --password '{}'", "correct horse"),
    ("password", '"args": ["login", "--password", "{}"]', "hunter2-x9"),
    ("password", "mysql -uroot -p{} shop < dump.sql", "letmein"),
    ("password", "$ /usr/bin/mysqldump --all-databases -h db -u root -p'{}'", "pa$$ w;rd"),
    ("password", "kubectl exec db-0 -- mariadb-admin --password={} ping", "letmein"),
    ("password", "docker exec mysql mysql -uroot -p{} -e 'SELECT 1'", "hunter2"),
    ("password", "curl -u ada:{} https://api.internal/v1/?a=1&b=2", "letmein"),
    ("password", "curl -sS https://x.internal/?a=1&b=2 \\\n  -H 'A: b; q=1' -u 'ada:{}'", "pa$$ w;rd"),
    ("password", 'curl -fsSLu "$NAME:{}" -O https://x.internal/', "letmein"),
    ("password", "curl --user ada:{}", "Tr0ub4dor"),
    ("password", '"command": "curl --proxy-user=\\"ada:{}\\" x"', "letmein"),
    ("password", "curl -u :{} https://x.internal", "letmein"),
    ("password", "PGPASSWORD={} psql -h db", "letmein"),
    ("password", "PGPASSWORD='{}' psql -h db", "correct horse"),
    ("password", "export MYSQL_PWD={}", "hunter2"),
    ("password", "sshpass -p {} ssh root@host", "letmein"),
    ("password", "sshpass -p '{}' scp -r a host:b", "correct horse"),
    ("password", "sshpass -p{} rsync a b", "hunter2"),
    ("password", "docker login -u ada -p {} registry.internal", "letmein"),
    ("password", "docker login registry.internal --username=ada --password={}", "letmein"),
    ("password", "podman login -p {} -u ada", "hunter2"),
    ("password", "redis-cli -h cache -a {} ping", "hunter2"),
    ("password", "mongosh -u root -p {} admin", "letmein"),
]
INNOCENT = [
    "password = get_password()",
    "token: str = Field(...)",
    'password = "password"',
    'API_KEY="your-api-key-goes-here"',
    "OPENAI_API_KEY=$OPENAI_API_KEY",
    'api_key = os.environ["OPENAI_API_KEY"]',
    "max_tokens=4096 and input_tokens: 123456789",
    "css class sk-fading-circle sk-circle-container-with-a-long-name",
    "commit 8f14e45fceea167a5a36dedd4bea2543 and uuid 8f2b3f0e-6d6c-5d0b-9c3e-0d1f6a1b7c55",
    "https://example.com:8080/path@v1.2.3/file",
    "git@github.com:ada/api.git",
    'the "secret": "sauce" of this',
    "sha512-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ==",
    f'if "-----BEGIN {"PRIVATE"} KEY-----" in text: raise ValueError("this text goes on for quite a while, and on")',
    "PASSWORD=${PASSWORD:-changeme}",
    "def hide(token, secret_key='password'):",
    '"tokenizer": "cl100k_base-v2"',
    "Authorization: Bearer <token>",
    "password: must have 8 characters, passwd: files systemd",
    "login(password=settings.password2, user=1)",
    "login(password=get_password2())",
    'password=12345678 and password=words!words&x=1 and --password "$SECRET2"',
    "change_password: str | None = None; password=new_password2",
    "the option --password 1 and Password: ********1",
    "--password takes a value; --password '<value>' and --password 'your password' or --password=STRING",
    'add_argument("--password", "-p", help="what opens it"); option("--password", "label")',
    "mkdir -p src/app && ps -u root && gcc -pthread main.c && nmap -p 80 host && cp -pR a b && ssh -p 2222 host",
    "find / -name mysql -print0 -o -path ./mysql -prune; gcc -lmysql -pthread; ./configure --with-mysql -prefix=/opt",
    "mysql -u root -p shop; mysql -p; mysql -p$PASSWORD; mysql -p'$PASS' -p${X} -p<password> -p[password], mysql -pPASSWORD",
    "docker run --name mysql -p3306:3306 mysql:8; docker run --name mongo -p 27017:27017 mongo; mysql -u root -p | mkdir -plain",
    "mysql_config -pthread; edit mysql.cnf -plain; mysql -P3306; mkdir mysql && cp -preserve a b",
    'curl -u "$USER:$TOKEN" x; curl -u ${A}:${B} x; curl -u user:password x; curl -u <user>:<pass> x; curl -u name:your-token x',
    "curl -u ada https://x/; curl -X PUT http://user-service:8080/ -d a:bcde; curl x | sort -u a:bcde; curl x && sudo -u ada:staff y",
    "curl https://a/ ; docker run -u 1000:1000 image; curl -Uri https://host:8080/path; curl -u : --negotiate https://host/",
    "sshpass -p is unsafe; sshpass -p with care; sshpass -p $PASS ssh host; sshpass -e ssh host; sshpass -f file ssh host",
    "docker login -p shows it in ps; docker login -u ada -p $TOKEN; docker login --password-stdin -u ada; login -p 8080",
    "PGPASSWORD=$PGPASSWORD; PGPASSWORD=settings.db_password; PGPASSWORD=get_password(2); PGPASSWORD=password; PGPASSWORD=<your password>",
    "redis-cli -a option; redis-cli -a $PASS; mongo -u root -p; mongodump --out /tmp/dump -p",
]


@pytest.mark.parametrize(("kind", "secret"), SECRETS, ids=[kind for kind, _ in SECRETS])
@pytest.mark.parametrize("around", ["{}", "export X={}\n", '"{}",', "see `{}` there", "key: {}."])
def test_keys_are_found_by_their_form(kind: str, secret: str, around: str) -> None:
    redactor = Redactor()
    hidden = redactor.text(around.format(secret))
    assert secret not in hidden
    assert "[redacted: " in hidden
    assert sum(redactor.found.values()) == 1
    if around == "{}":
        assert redactor.found == {kind: 1}


@pytest.mark.parametrize(("kind", "around", "secret"), NAMED, ids=[around for _, around, _ in NAMED])
def test_secrets_are_found_behind_their_name(kind: str, around: str, secret: str) -> None:
    redactor = Redactor()
    before, after = around.split("{}")
    assert redactor.text(f"a line\n{around.format(secret)}\nmore") == f"a line\n{before}[redacted: {kind}]{after}\nmore"
    assert redactor.found == {kind: 1}


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_no_secret_stays(text: str) -> None:
    redactor = Redactor()
    assert redactor.text(text) == text
    assert not redactor.found


def test_hiding_twice_changes_nothing() -> None:
    redactor = Redactor()
    once = redactor.text("\n".join([secret for _, secret in SECRETS[:16]] + [around.format(secret) for _, around, secret in NAMED]))
    again = Redactor()
    assert again.text(once) == once
    assert not again.found


@given(st.text(max_size=400))
def test_any_text_survives(text: str) -> None:
    assert isinstance(Redactor().text(text), str)


@pytest.mark.parametrize(
    "piece",
    [
        *("A_", "a-", "AAAA", "://a", "-----BEGIN PRIVATE KEY-----", "eyJ.", "password", "1", "sk-", 'key=" '),
        *("password=a", "password: a1-", "mysql ", "mysql -p", "curl ", "curl -u ", "curl -u a:", "mongo -u "),
        *("docker login -u a -p ", "sshpass -p ", "--password '"),
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    """A megabyte built to make a careless expression quadratic; a bound only a hang would miss."""
    text = "secret://" + piece * (1_000_000 // len(piece))
    assert cpu_seconds(lambda: Redactor().text(text)) < 10


@pytest.mark.parametrize("command", ["curl ", "mysql ", "mongosh ", "docker login ", "redis-cli "])
def test_a_row_of_backslashes_behind_a_command_takes_no_time(command: str) -> None:
    text = command + "\\ " * 22
    assert cpu_seconds(lambda: Redactor().text(text)) < 0.1
    assert cpu_seconds(lambda: Redactor().text(command + "\\\\ " * 22)) < 0.1


def test_values_are_searched_by_member_and_text() -> None:
    redactor = Redactor()
    deep: object = {"password": "correct-horse"}
    for _ in range(5000):
        deep = [deep]
    value = {"env": {"DB_PASSWORD": "correct-horse", "HOME": "/home/ada"}, "n": 1, "run": f"x {SECRETS[0][1]}", "deep": deep}
    hidden = redactor.value(value)
    assert hidden["env"] == {"DB_PASSWORD": "[redacted: password]", "HOME": "/home/ada"}
    assert hidden["run"] == "x [redacted: anthropic key]"
    assert value["env"]["DB_PASSWORD"] == "correct-horse"  # type: ignore[index]
    assert redactor.found == {"password": 2, "anthropic key": 1}
    assert redactor.summary() == "2 passwords, 1 anthropic key"


def test_a_whole_session_leaves_without_its_secret() -> None:
    secret = SECRETS[0][1]
    call = ToolCall(uid="c", tool_name="Bash", arguments={"command": f"curl -H {secret}"}, result=secret, error_message=secret)
    message = Message(
        uid="m1", seq=0, role=Role.USER, content=secret, thinking=secret, tool_calls=(call,), metadata={"x": secret}, note=secret
    )
    base: Session = full_session()
    session = base._replace(title=secret, summary=secret, system_prompt=secret, note=secret, metadata={"a": [secret]}, messages=(message,))
    shelf, redactor = Shelf(session), Redactor()
    reader = RedactingReader(shelf, redactor)
    for name in ("jsonl", "md", "html", "context"):
        out = StringIO()
        find_exporter(name).write(reader, reader.summaries(shelf.summaries()), out)
        assert secret not in out.getvalue()
        assert secret[-20:] not in out.getvalue()
    redactor = Redactor()
    reader = RedactingReader(shelf, redactor)
    out = StringIO()
    find_exporter("jsonl").write(reader, reader.summaries(shelf.summaries()), out)
    assert json.loads(out.getvalue())["session"]["title"] == "[redacted: anthropic key]"
    assert redactor.found == {"anthropic key": 11}


def test_a_heading_from_the_first_words_holds_no_secret_and_counts_it_once() -> None:
    key = "sk-" + "ant-api03-" + "A1b2C3d4E5" * 12
    message = Message(uid="m1", seq=0, role=Role.ASSISTANT, content=f"{'so ' * 30}{key}")
    session = Session(uid="s1", source="claude-code", source_id="a", title="", messages=(message,))
    shelf, out, redactor = Shelf(session), StringIO(), Redactor()
    reader = RedactingReader(shelf, redactor)
    find_exporter("md").write(reader, reader.summaries(shelf.summaries()), out)
    assert out.getvalue().startswith("# (so so")
    assert "A1b2C3" not in out.getvalue()
    assert redactor.found.total() == 1
