"""Programs answer in the language that the environment asks for, on a machine where no locale of that name was made.
What other programs read is the same in every language."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from house import ROOT, binary
from test_ctl import UNKNOWN_CASE, busy, ctl, on_screen, table  # noqa: F401 (fixtures)

pytestmark = pytest.mark.skipif(binary() is None, reason="no wenzhengd here; WENZHENG_BIN_DIR names its folder")

HAN = re.compile("[\u3400-\u9fff]")
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
CHINESE = [
    {"LANG": "zh_CN.UTF-8"},
    {"LANG": "zh_CN.GB18030"},
    {"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"},
    {"LANG": "C.UTF-8", "LANGUAGE": "zh_CN:en"},
    {"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN"},
    {"LANG": "fr_FR.UTF-8", "LANGUAGE": "fr:zh_CN"},
    {"LANGUAGE": "zh_CN"},
]
ENGLISH = [
    {},
    {"LANG": "C"},
    {"LANG": "C.UTF-8"},
    {"LANG": "en_US.UTF-8"},
    {"LANG": "fr_FR.UTF-8"},
    {"LANG": "../../../../etc/zh_CN"},
    {"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh_CN"},
    {"LANG": "zh_CN.UTF-8", "LANGUAGE": "zh_CN", "LC_ALL": "C"},
]


def names(environments):
    return pytest.mark.parametrize(
        "environment", environments, ids=lambda given: " ".join(f"{name}={value}" for name, value in given.items()) or "none")


def run(environment, *command, program=None, status=None):
    """Exit status, standard output and standard error of one of our programs; `status`: what it must be."""
    name, *arguments = command
    path = program or pathlib.Path(binary()).with_name(name)
    kept = {key: value for key, value in os.environ.items() if key not in VARIABLES}
    done = subprocess.run([path, *map(str, arguments)], capture_output=True, encoding="utf-8", timeout=60, check=False,
                          stdin=subprocess.DEVNULL, env={**kept, **environment})
    assert status in (None, done.returncode), f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.returncode, done.stdout, done.stderr


# ---- which language ----

PROGRAMS = ("wenzhengctl", "wenzheng-submit", "wenzheng-supervisor", "wenzheng-worker-exec", "wenzhengd")


@names(CHINESE)
def test_whoever_asks_for_chinese_gets_it_where_no_locale_was_made(environment):
    nothing_made = {**environment, "LOCPATH": "/nowhere"}  # not even C.UTF-8
    for given in (environment, nothing_made):
        assert "没有“dance”这个命令" in run(given, "wenzhengctl", "dance", status=2)[2]
    for program in PROGRAMS:
        text = run(environment, program, "--help", status=0)[1]
        assert "退出状态：0 " in text and "xit status" not in text


@names(ENGLISH)
def test_everybody_else_gets_english(environment):
    assert 'there is no command "dance"' in run(environment, "wenzhengctl", "dance", status=2)[2]
    for program in PROGRAMS:
        text = run(environment, program, "--help", status=0)[1]
        assert "xit status: 0 " in text and "退出状态" not in text


def test_an_installed_program_finds_its_catalogue_below_its_prefix(tmp_path):
    (tmp_path / "bin").mkdir()
    program = shutil.copy(pathlib.Path(binary()).with_name("wenzhengctl"), tmp_path / "bin")
    built = pathlib.Path(binary()).parent / "locale/zh_CN/LC_MESSAGES/wenzheng.mo"
    installed = tmp_path / "share/locale/zh_CN/LC_MESSAGES/wenzheng.mo"
    installed.parent.mkdir(parents=True)
    chinese = {"LANG": "zh_CN.UTF-8"}
    shutil.copy(built, installed)
    assert "用法" in run(chinese, "wenzhengctl", "--help", program=program, status=0)[1]
    for damaged in (b"", built.read_bytes()[:-1000], bytes(4096)):
        installed.write_bytes(damaged)
        assert "usage: " in run(chinese, "wenzhengctl", "--help", program=program, status=0)[1]
    os.truncate(installed, 1 << 30)
    assert "usage: " in run(chinese, "wenzhengctl", "--help", program=program, status=0)[1]
    installed.unlink()
    installed.mkdir()
    assert "usage: " in run(chinese, "wenzhengctl", "--help", program=program, status=0)[1]


def test_every_command_explains_itself_in_chinese():
    chinese, english = {"LANG": "zh_CN.UTF-8"}, {}
    commands = re.findall(r"^  ([a-z]+) ", run(english, "wenzhengctl", "--help")[1], re.M)
    assert len(commands) >= 20
    for command in commands:
        before, after = (run(given, "wenzhengctl", command, "--help", status=0)[1] for given in (english, chinese))
        assert "用法：wenzhengctl " + command in after and "退出状态" in after
        assert re.findall(r"^  (--[a-z-]+)", after, re.M) == re.findall(r"^  (--[a-z-]+)", before, re.M)
        explained = [line for line in after.split("\n") if re.match(r"  --[a-z]", line)]
        assert all(HAN.search(line) for line in explained), explained
        if command != "deadline":
            for line in explained:
                screen = on_screen(line)
                assert screen[24] == " " and screen[25] != " ", f"not aligned: {line!r}"


# ---- what people read ----


class Chinese:
    def __init__(self, ctl, **environment):  # noqa: F811
        self.ctl = ctl
        self.environment = environment or {"LANG": "zh_CN.UTF-8"}

    def __call__(self, *arguments, status=0, **options):
        _, out, err = run(self.environment, "wenzhengctl", *arguments, *self.ctl.arguments(**options), status=status)
        return out if status == 0 else err


@pytest.fixture
def chinese(busy):  # noqa: F811
    return Chinese(busy)


def properties(text):
    """Name and value of each line of the list that a text begins with; the values stand below each other."""
    found = {}
    for line in text.split("\n\n")[0].rstrip("\n").split("\n"):
        if line.startswith("*"):
            continue
        screen = on_screen(line)
        assert screen[11] == " " and screen[12] != " ", f"not aligned: {line!r}"
        found["".join(screen[:12]).strip()] = "".join(screen[12:])
    return found


def rows(text):
    """The first table whose headings are Chinese."""
    figures = ("待派件", "派件中", "签收", "逾期", "承办端", "督办级", "记录", "计数", "额度")
    return table(text.split("\n\n")[-1], right=figures, headings=f"{HAN.pattern}+( +{HAN.pattern}+)+ *")


def test_status_is_chinese_and_aligned(chinese):
    text = chinese("status")
    assert "试验场" in text
    told = properties(text)
    assert told["未办结"] == "4 件：待派件 2，派件中 0，已签收 1，待分办 1"
    assert told["累计"] == "收到 4 件，答复 0 件"
    assert told["承办端"] == "已连接 1 个"
    assert told["方案"] == "临河镇网络问政"
    assert told["日历"].startswith("工作日已公布至 2026-")
    departments = {row["部门"]: row for row in rows(text)}
    assert departments["police"]["名称"] == "派出所" and departments["police"]["备注"] == "没有承办端"
    assert not re.search(r"[a-z]{3,} [a-z]{3,}", text), "no English sentence is left"


def test_cases_are_chinese_and_aligned(chinese):
    listed = rows(chinese("cases", "--output", "case,state,department,received,due"))
    assert [row["编号"] for row in listed] == chinese.ctl.numbers
    assert [row["状态"] for row in listed] == ["已签收", "待派件", "待分办", "待派件"]
    assert listed[0]["收到"] == "2026-09-30 16:00"
    assert chinese("cases", "--department", "edu", "--state", "answered") == "没有这样的办件\n"


def test_a_case_and_its_deadline_are_chinese(chinese):
    number, _, at_triage, _ = chinese.ctl.numbers
    told = properties(chinese("show", number))
    assert told["编号"] == number and told["状态"] == "已签收" and told["时限"].endswith("，期限 3 个工作日")
    assert "，阶段答复，edu\n" in chinese("show", number)
    why = chinese("why", number)
    assert properties(why)["分办"] == "交 edu：依据方案中的规则“school”"
    days = {row["日期"]: row for row in rows(why)}
    assert days["2026-10-01"]["星期"] == "周四"
    assert days["2026-10-01"]["理由"].startswith("不计：节假日 国庆节")
    assert days["2026-10-10"]["理由"].startswith("计入：调休上班日")
    assert "待分办：方案中没有相符的规则" in chinese("why", at_triage)
    assert [row["事项"] for row in rows(chinese("history", number))][:2] == ["收件", "分办"]


def test_what_is_wrong_and_how_to_mend_it_is_said_in_chinese(chinese):
    assert "没有 20260105-000001-7 这个编号：校验位不符" in chinese("show", "20260105-000001-7", status=2)
    refused = chinese("show", UNKNOWN_CASE, status=1)
    assert "被拒绝：没有这样的办件（not-found，字段 case）" in refused and "`wenzhengctl cases --state all`" in refused
    assert "服务端不接受密钥" in chinese("status", key="desk", zone="operator", status=1)
    nobody = run(chinese.environment, "wenzhengctl", "status", *chinese.ctl.arguments(), "--endpoint",
                 "tcp://127.0.0.1:1", "--timeout", 1, status=3)[2]
    assert "没有应答" in nobody and "systemctl status wenzhengd" in nobody
    missing = run(chinese.environment, "wenzheng-submit", "--title", "路灯", "--body", "不亮", "--server-key", "/nowhere")[2]
    assert missing == "wenzheng-submit: /nowhere：没有这个文件或目录\n"
    assert "没有 --dance 这个选项；用法见 wenzheng-submit --help" in run(
        chinese.environment, "wenzheng-submit", "--dance", status=2)[2]
    assert "没有 --dance 这个选项；用法见 wenzhengctl deadline --help" in run(
        chinese.environment, "wenzhengctl", "deadline", "--dance", status=2)[2]
    assert run(chinese.environment, "wenzhengd", "--dance", status=2)[2] == "wenzhengd：“--dance”用法有误；见 wenzhengd --help\n"
    assert "--timeout 需要一个值" in run(chinese.environment, "wenzheng-submit", "--timeout", status=2)[2]


def test_what_the_daemon_refuses_of_a_portal_is_said_in_chinese(chinese):
    here = chinese.ctl.arguments(key="web", zone="portal")
    _, out, err = run(chinese.environment, "wenzheng-submit", "--title", "水压", "--body", "太低", "--department",
                      "nobody", *here, status=1)
    assert out == "" and "方案中没有这个部门" in err
    _, out, err = run(chinese.environment, "wenzheng-submit", "--title", "水压", "--body", "太低", "--department",
                      "nobody", "--json", *here, status=1)
    assert json.loads(out)["text"] == "the profile has no such department; DIRECTORY lists them"


def test_the_doctor_speaks_chinese_to_people_and_english_to_programs(chinese):
    folder = chinese.ctl.house.folder
    where = ("--config", folder / "wenzhengd.yaml", "--keys", folder / "keys", "--store", folder)
    text = run(chinese.environment, "wenzhengctl", "doctor", *where, *chinese.ctl.arguments())[1]
    assert "服务端的公钥与私钥相配" in text and "共查看" in text
    for line in text.split("\n\n")[0].split("\n"):
        screen = on_screen(line)
        assert screen[23] == " " and screen[24] != " ", f"not aligned: {line!r}"
    documents = [run(environment, "wenzhengctl", "doctor", "--json", *where, *chinese.ctl.arguments())[1]
                 for environment in (chinese.environment, {})]
    without_disk = [re.sub(r"\d+ MB", "MB", document) for document in documents]
    assert without_disk[0] == without_disk[1]


def test_the_configuration_is_checked_in_chinese(chinese):
    house = chinese.ctl.house
    text = run(chinese.environment, "wenzhengd", "--check-config", "--config", house.folder / "wenzhengd.yaml", status=0)[1]
    assert text.endswith("正常\n") and re.search(r"^class       ordinary （?", text, re.M) and "，默认类别" in text
    good = house.profile_text
    house.write_profile(good.replace("within: 3 workday", "within: soon"))
    text = run(chinese.environment, "wenzhengd", "--check-config", "--config", house.folder / "wenzhengd.yaml", status=1)[1]
    assert "错误：" in text and "classes[0].within：“soon”应为" in text
    text = run(chinese.environment, "wenzhengctl", "doctor", "--config", house.folder / "wenzhengd.yaml", "--keys",
               house.folder / "keys", "--store", house.folder, *chinese.ctl.arguments())[1]
    house.write_profile(good)
    assert "classes[0].within：“soon”应为" in text


@pytest.mark.parametrize("written, said", [
    ("store: a: b\n", ":1:9：此处不能有“:”：缩进或引号有误？"),
    ("store: 'a\n", ":2:1：文件到此中断 （在读取带引号的文字时）"),
    ("stroe: a\n", ":1:1：没有“stroe”这个键；此处可用：portal_endpoint, "),
    ("store: [a]\n", ":1:8：store 必须是一个词或一行文字"),
    ("store: a\nstore: b\n", ":2:1：键“store”出现两次，先见于第 1 行"),
])
def test_a_slip_in_a_file_is_told_in_chinese(chinese, tmp_path, written, said):
    file = tmp_path / "wenzhengd.yaml"
    file.write_text(written, encoding="utf-8")
    assert f"错误：{file}{said}" in run(chinese.environment, "wenzhengd", "--check-config", "--config", file, status=1)[1]


def test_backups_speak_chinese_to_people_and_say_one_word_to_programs(chinese, tmp_path):
    config = ("--config", chinese.ctl.house.folder / "wenzhengd.yaml")
    assert run(chinese.environment, "wenzhengctl", "backup", *config, "--to", "/nowhere", status=1)[2] == \
        "wenzhengd: no-folder: /nowhere：无法打开目录：没有这个文件或目录\n"
    said = run(chinese.environment, "wenzhengctl", "backup", *config, "--to", tmp_path, status=0)[1]
    assert re.search(r"^备份        \S+\.db（试验场）$", said, re.M) and re.search(r"^记录        \d+ 条，链头 [0-9a-f]+$", said, re.M)
    file = re.search(r"^备份        (\S+\.db)", said, re.M)[1]
    said = run(chinese.environment, "wenzhengctl", "restore", file, *config, status=1)[2]
    assert said.startswith("wenzhengd: running: ")
    for folder in ("said", "json"):
        (tmp_path / folder).mkdir()
    said = run(chinese.environment, "wenzhengctl", "export", tmp_path / "said", *config, status=0)[1]
    assert re.search(r"^records\.jsonl +\d+ 行，\d+ 字节$", said, re.M) and not re.search(r"[a-z]{3,} [a-z]{3,}", said)
    _, out, err = run(chinese.environment, "wenzhengctl", "export", tmp_path / "json", "--json", *config, status=0)
    assert json.loads(out)["records"] > 0 and not HAN.search(out + err)
    assert run(chinese.environment, "wenzhengd", "--verify", "--keep", 3, status=2)[2] == \
        "wenzhengd：这些选项不能同时使用；见 wenzhengd --help\n"


# ---- what programs read ----


def test_json_and_rows_are_the_same_in_every_language(chinese):
    number = chinese.ctl.numbers[0]
    for words in (["cases"], ["show", number], ["why", number], ["history", number], ["workers"]):
        documents = {run(environment, "wenzhengctl", *words, "--json", *chinese.ctl.arguments(), status=0)[1]
                     for environment in (chinese.environment, {"LANGUAGE": "zh_CN"}, {"LANG": "en_US.UTF-8"}, {})}
        assert len(documents) == 1 and json.loads(documents.pop())
    report = [json.loads(run(environment, "wenzhengctl", "status", "--json", *chinese.ctl.arguments())[1])
              for environment in (chinese.environment, {})]
    assert report[0].keys() == report[1].keys() and report[0]["items"] == report[1]["items"]
    for words in (["cases"], ["status"], ["history", number], ["workers"]):
        alone = [run(environment, "wenzhengctl", *words, "--no-headings", *chinese.ctl.arguments(), status=0)[1]
                 for environment in (chinese.environment, {})]
        assert alone[0] == alone[1]
    deadline = ["deadline", "--calendar", ROOT / "profiles/calendars/cn.ics", "--within", "3 workday", "--received",
                "2026-09-30T16:00:00", "--explain", "--json"]
    assert run(chinese.environment, "wenzhengctl", *deadline)[1] == run({}, "wenzhengctl", *deadline)[1]


def test_columns_are_chosen_by_their_english_names(chinese):
    assert rows(chinese("cases", "--output", "state,case"))[0].keys() == {"状态", "编号"}
    assert "没有“状态”这一列" in chinese("cases", "--output", "状态", status=2)
    assert "STATE（状态）" in run(chinese.environment, "wenzhengctl", "cases", "--help")[1]


def test_the_daemons_log_and_what_it_stores_have_no_language(new_house):
    house = new_house()
    house.environment = {"LANG": "zh_CN.UTF-8", "LANGUAGE": "zh_CN"}
    house.start()
    house.portal().submit("m-1", title="路灯", body="不亮", category="学校")
    house.environment = {}
    assert "portal zone listens on" in house.log() and not HAN.search(re.sub("临河镇网络问政", "", house.log()))
