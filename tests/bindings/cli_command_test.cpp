// The command as its users meet it: a process with exit codes, killed at any moment and resumed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bindings/io_files.hpp"

extern char** environ;

namespace entrospect::cli {
namespace {

namespace fs = std::filesystem;
using namespace entrospect::io::test;

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::size_t lines_in(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

// Rows of the same cells differ in how long they took, and in nothing else. In JSON the seconds have a name, in CSV they stand before the
// last column.
std::vector<std::string> without_seconds(const fs::path& table) {
  const bool json = table.extension() == ".jsonl";
  std::vector<std::string> rows;
  std::istringstream in(contents(table));
  for (std::string line; std::getline(in, line);) {
    const std::size_t end = line.rfind(','), begin = json ? line.find(",\"seconds\":") : line.rfind(',', end - 1);
    rows.push_back(line.erase(begin, json ? line.find(',', begin + 1) - begin : end - begin));
  }
  return rows;
}

::testing::AssertionResult same_rows(std::vector<std::string> ours, std::vector<std::string> theirs) {
  const auto [a, b] = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end());
  if (a == ours.end() && b == theirs.end()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "row " << a - ours.begin() + 1 << " is\n"
                                       << (a == ours.end() ? "missing" : *a) << "\nand should be\n"
                                       << (b == theirs.end() ? "missing" : *b);
}

pid_t start(const std::vector<std::string>& arguments, int out, int err) {
  std::vector<std::string> words{ENTROSPECT_COMMAND};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t process = -1;
  EXPECT_EQ(posix_spawn(&process, ENTROSPECT_COMMAND, &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  return process;
}

int status_of(pid_t process) {
  int status = 0;
  EXPECT_EQ(::waitpid(process, &status, 0), process);
  return status;
}

struct Outcome {
  int code = -1;  // -1: ended by a signal
  std::string out, err;
};

class Command : public FilesTest {
 protected:
  Outcome run(const std::vector<std::string>& arguments, const char* out_path = nullptr) const {
    const std::string out_name = out_path != nullptr ? out_path : (folder_ / "stdout").string();
    const int out = ::open(out_name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const int err = ::open((folder_ / "stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const int status = status_of(start(arguments, out, err));
    ::close(out);
    ::close(err);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, out_path != nullptr ? std::string() : contents(out_name),
            contents(folder_ / "stderr")};
  }

  // Sends `signal` once the command has printed `rows` rows. It cannot be far ahead then: its output waits in a pipe of one page.
  [[nodiscard]] int status_when_stopped_after(std::size_t rows, int signal, const std::vector<std::string>& arguments) const {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    EXPECT_GE(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
    const int err = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    const pid_t process = start(arguments, ends[1], err);
    ::close(ends[1]);
    ::close(err);
    std::size_t seen = 0;
    char c = 0;
    while (seen < rows && ::read(ends[0], &c, 1) == 1) seen += c == '\n' ? 1 : 0;
    EXPECT_EQ(seen, rows);
    EXPECT_EQ(::kill(process, signal), 0);
    if (signal != SIGKILL)
      while (::read(ends[0], &c, 1) == 1) continue;
    const int status = status_of(process);
    ::close(ends[0]);
    return status;
  }

  std::string write_samples(const std::string& name, std::size_t n, std::size_t d, unsigned salt) const {
    std::vector<double> x(n * d);
    std::uint64_t state = salt + 1;
    for (double& value : x) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      value = static_cast<double>(state >> 40U) / 16777216.0;
    }
    return write(name, npy("<f8", "(" + std::to_string(n) + ", " + std::to_string(d) + ")", raw(x))).string();
  }

  std::string at(const std::string& name) const { return (folder_ / name).string(); }
};

using Json = nlohmann::json;

// Pairs come from the tensors of the same name; each row says which.
TEST_F(Command, SecondMatricesArePairedByName) {
  for (unsigned i = 0; i < 3; ++i) write_samples("acts/l" + std::to_string(i) + ".npy", 30, 4, i);
  for (const unsigned i : {0U, 1U}) write_samples("base/l" + std::to_string(i) + ".npy", 30, 3, 10 + i);
  write_samples("short.npy", 29, 3, 20);
  const auto rows = [&](const std::string& y, const std::string& out) {
    const Outcome outcome = run({"run", at("acts"), "-e", "hsic,rankme", "--y", at(y), "--json", "-o", at(out)});
    std::vector<Json> found;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) found.push_back(Json::parse(line));
    EXPECT_EQ(found.size(), 6U) << outcome.err;
    return found;
  };
  const auto by_name = rows("base", "named");
  EXPECT_EQ(by_name[0]["params"]["y"], "l0.npy:l0");
  EXPECT_EQ(by_name[2]["params"]["y"], "l1.npy:l1");
  EXPECT_TRUE(by_name[0]["value"].is_number() && by_name[2]["value"].is_number());
  EXPECT_FALSE(by_name[1]["params"].contains("y"));  // rankme takes one matrix
  EXPECT_TRUE(by_name[5]["value"].is_number());
  EXPECT_EQ(by_name[4]["status"], "error");
  EXPECT_NE(by_name[4]["reason"].get<std::string>().find("no tensor 'l2'"), std::string::npos) << by_name[4];

  // One tensor goes with all; other contents are another cell.
  const auto one = rows("base/l1.npy", "one");
  EXPECT_EQ(one[2]["value"], by_name[2]["value"]);
  EXPECT_NE(one[0]["value"], by_name[0]["value"]);
  EXPECT_NE(one[0]["cell"], by_name[0]["cell"]);
  EXPECT_EQ(one[1]["cell"], by_name[1]["cell"]);

  const auto shorter = rows("short.npy", "short");
  EXPECT_NE(shorter[0]["reason"].get<std::string>().find("short.npy:short has 29 rows where x has 30"), std::string::npos) << shorter[0];
  EXPECT_TRUE(shorter[1]["value"].is_number());

  EXPECT_EQ(run({"run", at("acts"), "-e", "hsic"}).code, 2);
  EXPECT_EQ(run({"run", at("acts"), "-e", "rankme", "--y", at("base")}).code, 2);
  EXPECT_EQ(run({"run", at("acts"), "-e", "hsic", "--y", at("base"), "--nan", "drop-rows"}).code, 2);
  EXPECT_EQ(run({"run", at("acts"), "-e", "hsic", "--y", at("nowhere")}).code, 4);
  // The same rows are drawn from both.
  const Outcome few = run({"run", at("acts/l0.npy"), "-e", "hsic", "--y", at("base"), "--rows", "20", "--json"});
  EXPECT_EQ(few.code, 0) << few.err;
  EXPECT_NE(few.out.find("y: used 20 of 30 rows"), std::string::npos) << few.out;
}

// Heads of layers x heads x queries x keys: a row each, with its layer; the profile along the queries is a cell for every part.
TEST_F(Command, AttentionIsARowForEachHead) {
  std::vector<double> a(2 * 3 * 4 * 4);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = i % 16 / 4 == i % 4 ? 1 : 0;  // every query looks at its own key
  for (std::size_t j = 0; j < 16; ++j) a[16 + j] = 0.25;                          // but in head 1 of layer 0
  write("attn.npy", npy("<f8", "(2, 3, 4, 4)", raw(a)));
  const auto rows = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"run", at("attn.npy"), "--json", "--progress", "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(arguments);
    std::vector<Json> found;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) found.push_back(Json::parse(line));
    return found;
  };
  const auto heads = rows({"-e", "attention_entropy"});
  ASSERT_EQ(heads.size(), 6U);
  for (std::size_t m = 0; m < 6; ++m) {
    EXPECT_EQ(heads[m]["tensor"], "attn[" + std::to_string(m / 3) + "," + std::to_string(m % 3) + "]");
    EXPECT_EQ(heads[m]["layer"], m / 3);
    EXPECT_NEAR(heads[m]["value"].get<double>(), m == 1 ? std::log(4.0) : 0, 1e-15);
  }
  const auto one = rows({"-e", "attention_entropy", "--tensors", "attn[0,1]", "--unfold", "matrices"});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0]["tensor"], "attn[0,1]");
  const auto profile = rows({"-e", "attention_entropy:parts=2", "--tensors", "attn[0,1]"});
  ASSERT_EQ(profile.size(), 2U);
  EXPECT_EQ(profile[0]["params"]["part"], 1);
  EXPECT_EQ(profile[1]["params"]["part"], 2);
  EXPECT_NE(rows({"-e", "attention_entropy:parts=5", "--tensors", "attn[0,1]"})[0]["reason"].get<std::string>().find("4 queries"),
            std::string::npos);

  // Samples are unfolded only when the command says how.
  const auto refused = rows({"-e", "rankme"});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_NE(refused[0]["reason"].get<std::string>().find("--unfold tokens, pixels, images or matrices"), std::string::npos) << refused[0];
  const auto tokens = rows({"-e", "rankme", "--unfold", "tokens"});
  ASSERT_EQ(tokens.size(), 1U);
  EXPECT_EQ(tokens[0]["n"], 24);
  EXPECT_EQ(tokens[0]["d"], 4);
  EXPECT_EQ(rows({"-e", "rankme", "--unfold", "images"})[0]["d"], 48);
  EXPECT_EQ(run({"run", at("attn.npy"), "--unfold", "heads"}).code, 2);
  EXPECT_NE(run({"inspect", at("attn.npy"), "--unfold", "matrices"}).out.find("attn[1,2]"), std::string::npos);
}

// Every --y is one more matrix, under its own name; an estimator of two takes the first.
TEST_F(Command, FurtherMatricesAreGivenOneByOne) {
  write_samples("x.npy", 30, 4, 0);
  write_samples("y.npy", 30, 3, 1);
  write_samples("z.npy", 30, 2, 2);
  write_samples("short.npy", 29, 2, 3);
  const auto rows = [&](const std::string& estimators, const std::vector<std::string>& others, const std::string& out) {
    std::vector<std::string> arguments{"run", at("x.npy"), "-e", estimators, "--json", "-o", at(out)};
    for (const std::string& other : others) arguments.insert(arguments.end(), {"--y", at(other)});
    const Outcome outcome = run(arguments);
    std::vector<Json> found;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) found.push_back(Json::parse(line));
    return found;
  };
  const auto three = rows("matrix_total_correlation,o_information,hsic,rankme", {"y.npy", "z.npy"}, "three");
  ASSERT_EQ(three.size(), 4U);
  EXPECT_EQ(three[0]["params"]["y"], "y.npy:y");
  EXPECT_EQ(three[0]["params"]["x3"], "z.npy:z");
  EXPECT_EQ(three[1]["params"]["z"], "z.npy:z");
  EXPECT_FALSE(three[2]["params"].contains("z"));
  for (const Json& row : three) EXPECT_TRUE(row["value"].is_number()) << row;

  // The order of the others decides which cell it is, not the value of a symmetric quantity.
  const auto swapped = rows("matrix_total_correlation", {"z.npy", "y.npy"}, "swapped");
  EXPECT_NEAR(swapped[0]["value"].get<double>(), three[0]["value"].get<double>(), 1e-12);
  EXPECT_NE(swapped[0]["cell"], three[0]["cell"]);
  const auto two = rows("matrix_total_correlation", {"y.npy"}, "two");
  EXPECT_NE(two[0]["value"], three[0]["value"]);
  EXPECT_NE(two[0]["cell"], three[0]["cell"]);

  write_samples("like_y.npy", 30, 3, 4);
  const auto conditional = rows("conditional_cs_divergence", {"y.npy", "like_y.npy"}, "conditional");
  EXPECT_EQ(conditional[0]["params"]["z"], "like_y.npy:like_y");
  EXPECT_TRUE(conditional[0]["value"].is_number()) << conditional[0];
  const auto unlike = rows("conditional_cs_divergence", {"y.npy", "z.npy"}, "unlike");
  EXPECT_NE(unlike[0]["reason"].get<std::string>().find("'z' has d = 2 features where 'y' has 3"), std::string::npos) << unlike[0];
  EXPECT_EQ(run({"run", at("x.npy"), "-e", "conditional_cs_divergence", "--y", at("y.npy")}).code, 2) << "it needs another";

  const auto shorter = rows("matrix_total_correlation,hsic", {"y.npy", "short.npy"}, "short");
  EXPECT_NE(shorter[0]["reason"].get<std::string>().find("x3 = short.npy:short has 29 rows where x has 30"), std::string::npos);
  EXPECT_TRUE(shorter[1]["value"].is_number()) << "hsic takes the first only";

  EXPECT_EQ(run({"run", at("x.npy"), "-e", "o_information", "--y", at("y.npy")}).code, 2);
  EXPECT_EQ(run({"run", at("x.npy"), "-e", "hsic", "--y", at("y.npy"), "--y", at("z.npy")}).code, 2) << "nothing takes the third";
}

class Resume : public Command {
 protected:
  static constexpr std::size_t tensors = 8, cells = 3 * tensors;

  void SetUp() override {
    Command::SetUp();
    for (unsigned i = 0; i < tensors; ++i) write_samples("acts/l" + std::to_string(i) + ".npy", 40, 6, i);
    fs::resize_file(folder_ / "acts/l3.npy", 200);  // torn: its cells have no value
    std::vector<std::int64_t> labels(40);
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int64_t>(i % 4);
    write("y.npy", npy("<i8", "(40,)", raw(labels)));
    EXPECT_EQ(run(command_into("whole")).code, 3);
  }

  [[nodiscard]] std::vector<std::string> command_into(const std::string& out, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"run",   at("acts"), "-e", "dse,vendi_score:order=2,dsmi", "--labels", at("y.npy"), "-o",
                                   at(out), "-j",       "2"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  // `in_order`: the log too; a run that was interrupted writes what was finished behind a gap, so its log has another order.
  void expect_the_table_of_the_whole_run(const std::string& out, bool in_order = true) const {
    const auto rows = [&](const std::string& folder, const char* name) {
      auto found = without_seconds(folder_ / folder / name);
      if (!in_order && fs::path(name).extension() == ".jsonl") std::sort(found.begin(), found.end());
      return found;
    };
    EXPECT_EQ(rows("whole", "results.jsonl").size(), cells);
    EXPECT_EQ(rows("whole", "errors.jsonl").size(), 3U);
    EXPECT_EQ(rows("whole", "results.csv").size(), cells + 1);
    for (const char* name : {"results.jsonl", "errors.jsonl", "results.csv"})
      EXPECT_TRUE(same_rows(rows(out, name), rows("whole", name))) << out << "/" << name;
  }
};

TEST_F(Resume, AfterKillGivesTheSameTable) {
  for (const std::size_t rows : {0U, 1U, 5U, 10U}) {
    const std::string out = "killed" + std::to_string(rows);
    const int status = status_when_stopped_after(rows, SIGKILL, command_into(out, {"--json"}));
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    const std::size_t on_disk = lines_in(contents(folder_ / out / "results.jsonl"));
    EXPECT_GE(on_disk, rows);  // a row is on the disk before it is shown
    EXPECT_LT(on_disk, cells);
    EXPECT_FALSE(fs::exists(folder_ / out / "results.csv"));
    EXPECT_FALSE(fs::exists(folder_ / out / "summary.json"));
    const Outcome resumed = run(command_into(out, {"--resume"}));
    EXPECT_EQ(resumed.code, 3);
    const std::string reused = on_disk > 0 ? "24/24 cells, " + std::to_string(on_disk) + " from an earlier run" : "24/24 cells, 3 without";
    EXPECT_NE(resumed.err.find(reused), std::string::npos) << resumed.err;
    expect_the_table_of_the_whole_run(out);
  }
}

TEST_F(Resume, AfterAnInterruptGivesTheSameTable) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const std::string out = "interrupted" + std::to_string(signal);
    const int status = status_when_stopped_after(1, signal, command_into(out, {"--json"}));
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 130);
    EXPECT_FALSE(fs::exists(folder_ / out / "results.csv"));
    EXPECT_EQ(run(command_into(out, {"--resume"})).code, 3);
    expect_the_table_of_the_whole_run(out, false);
  }
}

TEST_F(Resume, AfterAReaderThatWentAwayGivesTheSameTable) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  ::close(ends[0]);
  const int err = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const int status = status_of(start(command_into("piped", {"--json"}), ends[1], err));
  ::close(ends[1]);
  ::close(err);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
  EXPECT_EQ(run(command_into("piped", {"--resume"})).code, 3);
  expect_the_table_of_the_whole_run("piped");
}

TEST_F(Resume, AfterATornLastRowGivesTheSameTable) {
  const std::string rows = contents(folder_ / "whole/results.jsonl");
  const std::size_t last = rows.rfind('\n', rows.size() - 2) + 1;
  for (const std::size_t kept : {last + 1, (last + rows.size()) / 2, rows.size() - 1}) {
    fs::remove_all(folder_ / "torn");
    fs::copy(folder_ / "whole", folder_ / "torn");
    fs::resize_file(folder_ / "torn/results.jsonl", kept);
    EXPECT_EQ(run(command_into("torn", {"--resume"})).code, 3);
    expect_the_table_of_the_whole_run("torn");
  }
}

TEST_F(Resume, NeitherCopiesNorChangedFilesFoolIt) {
  fs::copy(folder_ / "whole", folder_ / "again");
  const fs::path moved = folder_ / "acts/l0.npy";
  fs::copy_file(moved, folder_ / "copy");
  fs::rename(folder_ / "copy", moved);  // the same bytes in another file
  EXPECT_NE(run(command_into("again", {"--resume"})).err.find("24 from an earlier run"), std::string::npos);
  write_samples("acts/l0.npy", 40, 6, 99);  // other bytes under the same name and size
  EXPECT_NE(run(command_into("again", {"--resume"})).err.find("21 from an earlier run"), std::string::npos);
}

TEST_F(Resume, RetriesWhatFailedOnlyWhenAsked) {
  fs::copy(folder_ / "whole", folder_ / "again");
  EXPECT_NE(run(command_into("again", {"--resume"})).err.find("24 from an earlier run"), std::string::npos);
  const Outcome retried = run(command_into("again", {"--resume", "--retry-failed"}));
  EXPECT_EQ(retried.code, 3);
  EXPECT_NE(retried.err.find("21 from an earlier run"), std::string::npos) << retried.err;
  EXPECT_EQ(lines_in(contents(folder_ / "again/results.csv")), cells + 1);
}

TEST_F(Command, ExitCodes) {
  const std::string good = write_samples("acts/good.npy", 20, 3, 1), broken = write("acts/broken.npy", "\x93NUMPY").string();
  const std::string labels = write("labels/y.npy", npy("<i8", "(2,)", zeros(16))).string();
  write("full/results.jsonl", "a row");
  struct Case {
    std::vector<std::string> arguments;
    int code;
    std::string said;
  };
  const std::vector<Case> cases{
      {{"--version"}, 0, ""},
      {{"list", "dse"}, 0, ""},
      {{"inspect", at("acts")}, 0, "1 failing"},
      {{"inspect", at("acts"), "--strict"}, 3, "1 failing"},
      {{"inspect", labels}, 4, "0 tensors usable"},
      {{"run", good, "-e", "rankme"}, 0, "1/1 cells"},
      {{"run", at("acts"), "-e", "rankme"}, 3, "1 without a value (broken.npy, rankme:"},
      {{"run", at("acts"), "-e", "rankme", "--exit-zero"}, 0, "1 without a value"},
      {{"run", broken, "-e", "rankme"}, 4, "1 without a value"},
      {{"run", labels, "-e", "rankme"}, 4, "labels or ids"},
      {{"run", at("nowhere"), "-e", "rankme"}, 4, "no such file or folder"},
      {{"run", good, "-e", "dsmi", "--labels", at("nowhere.npy")}, 4, "nothing at this path"},
      {{}, 2, "a command is needed: inspect, list, run or selftest; see entrospect --help"},
      {{"rnu"}, 2, "unknown command 'rnu'; did you mean 'run'?; see entrospect --help"},
      {{"run"}, 2, "PATH is required; see entrospect run --help"},
      {{"run", good, "--rwos", "5"}, 2, "unknown flag '--rwos'; did you mean '--rows'?; see entrospect run --help"},
      {{"run", good, "--order", "2"}, 2, ":order=VALUE"},
      {{"run", good, "-e", "vendi_score:ordr=2"}, 2, "did you mean 'order'?"},
      {{"run", good, "-e", "vendi_scor"}, 2, "did you mean 'vendi_score'?"},
      {{"run", good, "-e", "dse:t=-1"}, 2, "(0, inf)"},
      {{"run", good, "-e", "rankme:compat=foo"}, 2, "'rankme-paper'"},
      {{"run", good, "-e", "dsmi"}, 2, "add --labels FILE"},
      {{"run", good, "--option", "rankme.center=true", "-e", "dse"}, 2, "not among the estimators"},
      {{"run", good, "--resume"}, 2, "--out"},
      {{"run", good, "--unit", "bans"}, 2, "bans"},
      {{"run", good, "--mem", "lots"}, 2, "'lots' is not an amount of memory"},
      {{"run", good, "-e", "rankme", "-o", at("full")}, 2, "already holds results"},
      {{"run", good, "-e", "rankme", "-o", good}, 2, "is not a folder"},
  };
  for (const Case& c : cases) {
    const Outcome outcome = run(c.arguments);
    const std::string shown = ::testing::PrintToString(c.arguments) + "\n" + outcome.err;
    EXPECT_EQ(outcome.code, c.code) << shown;
    EXPECT_NE(outcome.err.find(c.said), std::string::npos) << shown;
  }
}

TEST_F(Command, AFullDiskIsAnErrorOfItsOwn) {
  const std::string good = write_samples("good.npy", 20, 3, 1);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"list"}, {"--help"}, {"inspect", good}, {"run", good, "-e", "rankme"}, {"run", good, "--json"}}) {
    const Outcome outcome = run(arguments, "/dev/full");
    EXPECT_EQ(outcome.code, 5) << arguments.front();
    EXPECT_NE(outcome.err.find("No space left on device"), std::string::npos) << outcome.err;
  }
}

TEST_F(Command, HostileNamesNeitherBreakTheTableNorTheRows) {
  const std::string header = "{" + entry("a\\n\\u001b[31mred", "F32", "[4,2]", 0, 32) + "}";
  write("acts/caf\xe9.safetensors", safetensors(header, raw(std::vector<float>{1, 2, 3, 5, 8, 13, 21, 34})));
  const std::string in_table = "caf\\xe9:a\\x0a\\x1b[31mred", in_row = "a\n\x1b[31mred";
  EXPECT_NE(run({"run", at("acts"), "-e", "rankme"}).out.find(in_table), std::string::npos);
  EXPECT_NE(run({"inspect", at("acts")}).out.find("a\\x0a\\x1b[31mred"), std::string::npos);
  const Outcome rows = run({"run", at("acts"), "-e", "rankme", "--json"});
  ASSERT_EQ(lines_in(rows.out), 1U);
  const auto row = nlohmann::json::parse(rows.out);
  EXPECT_EQ(row.at("tensor"), in_row);
  EXPECT_EQ(row.at("file"), "caf\xEF\xBF\xBD.safetensors");  // what is not UTF-8 is replaced
}

TEST_F(Command, LabelsMayBeAColumnOfText) {
  write_samples("acts/x.npy", 6, 3, 1);
  write("y.npy", npy("<i8", "(6,)", raw(std::vector<std::int64_t>{0, 1, 0, 1, 0, 1})));
  write("y.csv", "id,class\n10,0\n11,1\n12,0\n13,1\n14,0\n15,1\n");
  const auto row = [&](const std::string& labels, const std::string& out) {
    const Outcome outcome = run({"run", at("acts"), "-e", "dsmi", "--labels", labels, "-o", at(out)});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return without_seconds(folder_ / out / "results.jsonl");
  };
  EXPECT_TRUE(same_rows(row(at("y.csv:class"), "a"), row(at("y.npy"), "b")));  // the cell's name too: the values are the same
}

TEST_F(Command, ProgressIsForTerminals) {
  write_samples("x.npy", 20, 3, 1);
  EXPECT_EQ(run({"run", at("x.npy"), "-e", "rankme"}).err, "1/1 cells\n");
}

}  // namespace
}  // namespace entrospect::cli
