"""One token for each user of a workspace: shown once, kept as a hash, worthless once revoked."""

import hashlib
import os
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from api.tokens import commands
from db import api_tokens
from db.api_tokens import Member, NoValidToken, TokenExists, TokenRefused
from db.models import CTAApiToken
from db.session import unit_of_work
from db.workspaces import member_unit_of_work
from settings import PROJECT_ROOT

ANN = Member("acme", "ann")
MEMBERS = [
    ANN,
    Member("acme", "bob"),
    Member("rival", "ann"),
    Member("ACME", "ann"),
    Member("a", "cmeann"),
]


def member_of(token: str) -> Member | None:
    """Whose token the API takes it for."""
    try:
        with member_unit_of_work(token) as (_, member):
            return member
    except TokenRefused:
        return None


def create(engine: Engine, member: Member = ANN) -> str:
    with unit_of_work(engine) as session:
        return api_tokens.create(session, member)


def revoke(engine: Engine, member: Member = ANN) -> None:
    with unit_of_work(engine) as session:
        api_tokens.revoke(session, member)


def run_process(*arguments: str | bytes) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.tokens", *arguments],
        cwd=PROJECT_ROOT, env=os.environ, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def run(*arguments: str | bytes) -> subprocess.CompletedProcess[str]:
    """The command in this process, with arguments as Python has them of its command line."""
    given = [os.fsdecode(argument) for argument in arguments]
    ended = CliRunner().invoke(commands, given, prog_name="api.tokens")
    return subprocess.CompletedProcess(given, ended.exit_code, ended.stdout, ended.stderr)


def run_for(command: str, member: Member) -> subprocess.CompletedProcess[str]:
    return run(command, "--workspace", member.workspace, "--user", member.user)


def test_a_token_opens_the_workspace_of_its_user(database: Engine) -> None:
    tokens = {member: create(database, member) for member in MEMBERS}
    assert len(set(tokens.values())) == len(MEMBERS)
    assert {member: member_of(token) for member, token in tokens.items()} == {
        member: member for member in MEMBERS
    }


def test_a_token_is_long_random_and_marked_as_ours(database: Engine) -> None:
    assert re.fullmatch(r"cta_[A-Za-z0-9_-]{43}", create(database))


def test_what_is_no_token_opens_nothing(database: Engine) -> None:
    token = create(database)
    near = [
        token[:-1],
        token + "A",
        token.upper(),
        f" {token}",
        f"{token}\n",
        token[4:],
        f"{token}\x00",
    ]
    for other in ("", "cta_", "%", "é", "x" * 100_000, api_tokens.hash_of(token).hex(), *near):
        assert member_of(other) is None, other


def test_a_revoked_token_opens_nothing(database: Engine) -> None:
    tokens = {member: create(database, member) for member in MEMBERS}
    revoke(database)
    assert member_of(tokens.pop(ANN)) is None
    assert {member: member_of(token) for member, token in tokens.items()} == {
        member: member for member in tokens
    }


def test_a_second_token_needs_the_first_to_be_revoked(database: Engine) -> None:
    first = create(database)
    with pytest.raises(TokenExists, match="'ann' has a token in the workspace 'acme' already"):
        create(database)
    assert member_of(first) == ANN
    revoke(database)
    second = create(database)
    assert second != first
    assert (member_of(first), member_of(second)) == (None, ANN)


def test_of_many_that_make_the_token_of_one_user_one_does(database: Engine) -> None:
    made: list[str] = []
    refused: list[TokenExists] = []
    barrier = threading.Barrier(6)

    def make() -> None:
        barrier.wait(10)
        try:
            made.append(create(database))
        except TokenExists as error:
            refused.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(made), len(refused)) == (1, 5)
    assert member_of(made[0]) == ANN


def test_what_is_not_there_cannot_be_revoked(database: Engine) -> None:
    create(database)
    for other in MEMBERS[1:]:
        with pytest.raises(NoValidToken, match=f"{other.user!r} has no valid token"):
            revoke(database, other)
    revoke(database)
    with pytest.raises(NoValidToken):
        revoke(database)


def test_a_token_keeps_the_moment_at_which_it_was_first_revoked(session: Session) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    api_tokens.create(session, ANN)
    session.execute(update(CTAApiToken).values(revoked_at=long_ago))
    api_tokens.create(session, ANN)
    api_tokens.revoke(session, ANN)
    moments = session.scalars(select(CTAApiToken.revoked_at).order_by(CTAApiToken.revoked_at)).all()
    assert moments[0] == long_ago
    assert moments[1] is not None
    assert abs(moments[1] - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_valid_ones_are_listed_in_order(session: Session) -> None:
    for member in MEMBERS:
        api_tokens.create(session, member)
    api_tokens.revoke(session, ANN)
    listed = [member for member, _ in api_tokens.valid(session)]
    assert set(listed) == set(MEMBERS) - {ANN}
    ordered = select(CTAApiToken.user).where(CTAApiToken.revoked_at.is_(None))
    ordered = ordered.order_by(CTAApiToken.workspace, CTAApiToken.user)
    assert [member.user for member in listed] == session.scalars(ordered).all()


def test_the_token_itself_is_not_in_the_database(database: Engine) -> None:
    token = create(database)
    kinds = ("text", "character varying", "bytea")
    bare, raw = token.removeprefix(api_tokens.PREFIX), token.encode()
    with database.connect() as connection:
        whole = connection.scalars(text("SELECT t::text FROM cta_api_token t")).one()
        columns = connection.scalars(
            text("SELECT column_name FROM information_schema.columns "
                 "WHERE table_name = 'cta_api_token' AND data_type = ANY(:kinds)"),
            {"kinds": list(kinds)},
        ).all()  # fmt: skip
        assert {"token_hash", "user", "workspace"} <= set(columns)
        row = connection.execute(text("SELECT * FROM cta_api_token")).one()._mapping
    for column in columns:
        value = row[column]
        kept = bytes(value) if isinstance(value, memoryview) else str(value).encode()
        assert raw not in kept
        assert bare.encode() not in kept
    assert bare not in whole
    assert raw.hex() not in whole
    assert bytes(row["token_hash"]) == hashlib.sha256(raw).digest()


@pytest.mark.parametrize("given", [b"", b"x" * 31, b"cta_" + b"x" * 43])
def test_what_is_no_hash_is_refused(session: Session, given: bytes) -> None:
    api_tokens.create(session, ANN)
    with pytest.raises(IntegrityError, match="hash_is_sha_256"), session.begin_nested():
        session.execute(update(CTAApiToken).values(token_hash=given))


def test_the_command_prints_the_token_alone(database: Engine) -> None:
    arguments = ("create", "--workspace", ANN.workspace, "--user", ANN.user)
    made = run_process(*arguments)
    assert (made.returncode, made.stderr) == (0, "")
    assert re.fullmatch(r"cta_[A-Za-z0-9_-]{43}\n", made.stdout)
    assert member_of(made.stdout.strip()) == ANN

    again = run_process(*arguments)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == (
        "'ann' has a token in the workspace 'acme' already; revoke it before you make another.\n"
    )
    assert member_of(made.stdout.strip()) == ANN


def test_the_command_revokes_a_token_and_makes_another(database: Engine) -> None:
    first, other = create(database), create(database, MEMBERS[1])
    revoked = run_for("revoke", ANN)
    assert (revoked.returncode, revoked.stdout) == (0, "")
    assert revoked.stderr == "The token of 'ann' in the workspace 'acme' is revoked.\n"
    assert (member_of(first), member_of(other)) == (None, MEMBERS[1])

    again = run_for("revoke", ANN)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "'ann' has no valid token in the workspace 'acme'.\n"
    assert member_of(run_for("create", ANN).stdout.strip()) == ANN


def test_the_command_lists_who_has_a_token_and_no_token(database: Engine) -> None:
    tokens = [create(database, member) for member in MEMBERS]
    revoke(database)
    listed = run("list")
    assert (listed.returncode, listed.stderr) == (0, "")
    found = [tuple(line.split("\t")[:2]) for line in listed.stdout.splitlines()]
    assert sorted(found) == sorted((member.workspace, member.user) for member in MEMBERS[1:])
    assert not any(token[4:] in listed.stdout for token in tokens)


@pytest.mark.parametrize(
    "name",
    ["", "   ", "ann ", "x" * 201, "a\nb", "a\tb", "\x1b[31mann", "a\u202eb", b"a\xff"],
    ids=ascii,
)
@pytest.mark.parametrize("option", ["--workspace", "--user"])
def test_a_name_that_cannot_be_is_refused_by_its_option(
    database: Engine, option: str, name: str | bytes
) -> None:
    given: dict[str, str | bytes] = {"--workspace": "acme", "--user": "ann", option: name}
    refused = run("create", *(part for pair in given.items() for part in pair))
    assert (refused.returncode, refused.stdout) == (2, "")
    said = " ".join(re.sub("\x1b\\[[0-9;]*m|[│╭╮╰╯─]", " ", refused.stderr).split())
    assert f"Invalid value for {option}: it takes 1 to 200 printable characters" in said
    with database.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(CTAApiToken)) == 0


def test_names_of_200_characters_in_any_script_are_taken(database: Engine) -> None:
    member = Member("陶" * 200, "Zoë O'Neil " * 18 + "ab")
    assert len(member.user) == 200
    made = run_process("create", "--workspace", member.workspace, "--user", member.user)
    assert member_of(made.stdout.strip()) == member


def test_bytes_that_are_no_text_are_refused_on_the_command_line(database: Engine) -> None:
    refused = run_process("create", "--workspace", "acme", "--user", b"a\xff")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Invalid value for --user" in refused.stderr
