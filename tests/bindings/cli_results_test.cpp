#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): SIGXFSZ is POSIX
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "entrospect/bindings/io/results.hpp"
#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/catalogue.hpp"

namespace entrospect::io {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write(const fs::path& path, const std::string& text, std::ios::openmode mode = std::ios::trunc) {
  std::ofstream(path, std::ios::binary | mode) << text;
}

ResultRow row(const std::string& cell, double value) {
  Estimate e;
  e.estimator = "rankme";
  e.value = value;
  e.unit = Unit::count;
  e.n = 8;
  e.d = 3;
  if (std::isnan(value)) e.flag(Status::degenerate, "all rows are equal");
  return parse_row(row_json(e, {cell, "f.npy", "f", 3, 0.25}));
}

class Results : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() / ("entrospect-" + std::to_string(getpid()) + "-" + test->name());
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST(Rows, ReadBackWhatAnEstimateSays) {
  const ResultRow r = row("c1", 2.5);
  EXPECT_EQ(r.cell, "c1");
  EXPECT_EQ(r.file, "f.npy");
  EXPECT_EQ(r.value, 2.5);
  EXPECT_EQ(r.unit, "count");
  EXPECT_EQ(r.status, "ok");
  EXPECT_EQ(r.n, 8U);
  EXPECT_FALSE(r.failed());
  EXPECT_TRUE(row("c2", std::nan("")).failed());
}

TEST(Rows, RefuseWhatIsNoRow) {
  for (const char* line : {"", "{", "[]", "{\"v\":1}", "{\"v\":3}", "null", "7"})
    EXPECT_THROW((void)parse_row(line), InvalidArgument) << line;
}

TEST(Rows, OfCellsWithoutEstimateHaveNoNumbers) {
  Estimate facts;
  facts.estimator = "rankme";
  facts.value = 7;
  facts.cap = 9;
  const ResultRow r = parse_row(error_row_json(facts, {"c", "f", "", {}, 0}, "file ends at byte 12"));
  EXPECT_TRUE(r.failed());
  EXPECT_EQ(r.status, "error");
  EXPECT_EQ(r.reason, "file ends at byte 12");
  EXPECT_NE(r.line.find("\"cap\":null"), std::string::npos);
  EXPECT_NE(r.line.find("\"unit\":null"), std::string::npos);
}

TEST(Rows, AsCsvQuoteWhatNeedsIt) {
  ResultRow r = row("c", 0.1);
  const std::string reason = "a \"quoted\" reason, with comma";
  Estimate facts;
  facts.estimator = "rankme";
  const std::vector<ResultRow> rows{r, parse_row(error_row_json(facts, {"d", "g", "t", {}, 0}, reason))};
  const std::string text = csv(rows);
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "v,cell,file,tensor,layer,estimator,params,convention,compat,value,std_error,lo,hi,interval_method,null_mean,null_lo,null_hi,p_"
            "value,unit,n,d,cap,"
            "backend_requested,backend_used,residual,status,reason,warnings,seconds,seed");
  EXPECT_NE(text.find(",0.1,"), std::string::npos);
  EXPECT_NE(text.find("\"a \"\"quoted\"\" reason, with comma\""), std::string::npos);
}

TEST(CellId, DependsOnEverythingInTheKey) {
  const auto specs = parse_estimators("effective_rank,effective_rank:order=2,rankme");
  const CellKey base{"a/f.npy", "t", &specs[0], {{"rows", "5 seed 0"}}, 17};
  std::vector<CellKey> others(8, base);
  others[0].file = "b/f.npy";
  others[1].tensor = "u";
  others[2].spec = &specs[1];
  others[3].spec = &specs[2];
  others[4].settings = {};
  others[5].settings = {{"rows", "5 seed 1"}};
  others[6].content_hash = 18;
  others[7].file = "a/f.npyt";  // the same bytes as file + tensor of the base, cut elsewhere
  others[7].tensor = "";
  for (std::size_t i = 0; i < others.size(); ++i) EXPECT_NE(cell_id(base), cell_id(others[i])) << i;
  EXPECT_EQ(cell_id(base), cell_id(CellKey(base)));
  EXPECT_TRUE(cell_id(base).starts_with("xxh3:"));
}

TEST(LayerNumber, IsANumberThatStandsAloneOrFollowsAWordForLayer) {
  EXPECT_EQ(layer_number("layers.10"), 10);
  EXPECT_EQ(layer_number("model.blocks.3.attn.7"), 3);
  EXPECT_EQ(layer_number("layer12_out"), 12);
  EXPECT_EQ(layer_number("L4"), 4);
  EXPECT_EQ(layer_number("conv2d"), std::nullopt);
  EXPECT_EQ(layer_number("fc1"), std::nullopt);
  EXPECT_EQ(layer_number("embedding"), std::nullopt);
  EXPECT_EQ(layer_number("h.99999999999999999999"), std::nullopt);
}

TEST_F(Results, ARunIsReadBackByTheNext) {
  {
    ResultsFolder folder(folder_, false);
    folder.append(row("c1", 1));
    folder.append(row("c2", std::nan("")));
    EXPECT_FALSE(fs::exists(folder_ / "results.csv"));
  }
  const ResultsFolder again(folder_, true);
  EXPECT_EQ(again.finished(), 2U);
  ASSERT_NE(again.find("c1"), nullptr);
  EXPECT_EQ(again.find("c1")->line, row("c1", 1).line);
  EXPECT_EQ(again.find("c9"), nullptr);
  EXPECT_EQ(contents(folder_ / "errors.jsonl"), row("c2", std::nan("")).line + "\n");
}

TEST_F(Results, RetryForgetsCellsWithoutValue) {
  {
    ResultsFolder folder(folder_, false);
    folder.append(row("c1", 1));
    folder.append(row("c2", std::nan("")));
  }
  const ResultsFolder again(folder_, true, true);
  EXPECT_NE(again.find("c1"), nullptr);
  EXPECT_EQ(again.find("c2"), nullptr);
  EXPECT_EQ(contents(folder_ / "errors.jsonl"), "");
}

TEST_F(Results, ErrorsKeepTheirOrder) {
  std::string failed;
  {
    ResultsFolder folder(folder_, false);
    for (int i = 0; i < 20; ++i) {
      const ResultRow failing = row("c" + std::to_string(i), std::nan(""));
      folder.append(failing);
      failed += failing.line + "\n";
    }
  }
  const ResultsFolder again(folder_, true);
  EXPECT_EQ(contents(folder_ / "errors.jsonl"), failed);
}

TEST_F(Results, AFolderWithResultsIsNotOverwritten) {
  { ResultsFolder(folder_, false).append(row("c1", 1)); }
  EXPECT_THROW(ResultsFolder(folder_, false), InvalidArgument);
  EXPECT_EQ(contents(folder_ / "results.jsonl"), row("c1", 1).line + "\n");
}

// A crash may tear the last line at any byte, even just before its line end.
TEST_F(Results, ATornLastLineIsCutOffWhereverItIsTorn) {
  const std::string whole = row("c1", 1).line + "\n", second = row("c2", 2).line;
  fs::create_directories(folder_);
  for (std::size_t bytes = 1; bytes <= second.size(); ++bytes) {
    write(folder_ / "results.jsonl", whole + second.substr(0, bytes));
    ResultsFolder folder(folder_, true);
    EXPECT_EQ(folder.finished(), 1U) << bytes;
    EXPECT_EQ(folder.find("c2"), nullptr) << bytes;
    folder.append(row("c2", 2));
    EXPECT_EQ(contents(folder_ / "results.jsonl"), whole + second + "\n") << bytes;
  }
}

TEST_F(Results, ALineInTheMiddleThatIsNoRowIsNamed) {
  fs::create_directories(folder_);
  write(folder_ / "results.jsonl", row("c1", 1).line + "\nnonsense\n" + row("c2", 2).line + "\n");
  try {
    ResultsFolder folder(folder_, true);
    FAIL() << "accepted a line that is no row";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos) << error.what();
  }
}

TEST_F(Results, TheLastRowOfACellCounts) {
  fs::create_directories(folder_);
  write(folder_ / "results.jsonl", row("c1", std::nan("")).line + "\n" + row("c1", 4).line + "\n");
  EXPECT_EQ(ResultsFolder(folder_, true).find("c1")->value, 4);
}

TEST_F(Results, FinalFilesAppearOnlyAtTheEndAndStaleOnesGoAtTheStart) {
  const std::vector<ResultRow> rows{row("c1", 1)};
  {
    ResultsFolder folder(folder_, false);
    folder.append(rows[0]);
    folder.finish(rows, "{\"cells\":1}");
    EXPECT_EQ(contents(folder_ / "results.csv"), csv(rows));
    EXPECT_TRUE(fs::exists(folder_ / "summary.json"));
  }
  const ResultsFolder again(folder_, true);
  EXPECT_FALSE(fs::exists(folder_ / "results.csv"));
  EXPECT_FALSE(fs::exists(folder_ / "summary.json"));
}

TEST_F(Results, TwoWritersNeverShareAFolder) {
  const ResultsFolder first(folder_, false);
  EXPECT_THROW(ResultsFolder(folder_, true), InvalidArgument);
}

// As a full disk: no file of this process may grow beyond the limit.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(Results, AFullDiskIsNamedAndLeavesNoHalfTable) {
  const std::vector<ResultRow> rows(20, row("c1", 1));
  ResultsFolder folder(folder_, false);
  {
    const FileSizeLimit limit(rows[0].line.size() + 100);
    folder.append(rows[0]);
    try {
      folder.append(rows[1]);
      FAIL() << "a row went to a full disk";
    } catch (const OutputError& error) {
      EXPECT_NE(std::string(error.what()).find("results.jsonl: File too large"), std::string::npos) << error.what();
    }
    EXPECT_THROW(folder.finish(rows, "{}"), OutputError);
  }
  EXPECT_FALSE(fs::exists(folder_ / "results.csv"));
  EXPECT_FALSE(fs::exists(folder_ / "results.csv.tmp"));
}

TEST_F(Results, AFullDeviceIsNamed) {
  fs::create_directories(folder_);
  fs::create_symlink("/dev/full", folder_ / "run.log");
  ResultsFolder folder(folder_, false);
  try {
    folder.log("start");
    FAIL() << "a line went to a full device";
  } catch (const OutputError& error) {
    EXPECT_NE(std::string(error.what()).find("run.log: No space left on device"), std::string::npos) << error.what();
  }
}

TEST_F(Results, ADeviceIsNoResultsFile) {
  fs::create_directories(folder_);
  fs::create_symlink("/dev/zero", folder_ / "results.jsonl");
  EXPECT_THROW(ResultsFolder(folder_, true), InvalidArgument);
}

// Counts how often the bytes are read.
class OneTensor final : public TensorFile {
 public:
  explicit OneTensor(fs::path path) {
    TensorInfo info;
    info.name = "t";
    info.file = std::move(path);
    tensors_.push_back(info);
  }
  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  SampleMatrix samples(std::size_t, bool) const override { throw std::logic_error("not read in this test"); }
  Labels labels(std::size_t) const override { throw std::logic_error("not read in this test"); }
  std::vector<double> numbers(std::size_t) const override { return {}; }
  std::uint64_t content_hash(std::size_t) const override {
    ++hashed;
    return std::hash<std::string>{}(contents(tensors_[0].file));
  }
  mutable int hashed = 0;

 private:
  std::vector<TensorInfo> tensors_;
};

TEST_F(Results, ContentHashesAreRememberedUntilTheFileChanges) {
  fs::create_directories(folder_);
  const fs::path data = folder_ / "data.npy";
  write(data, "first");
  const OneTensor tensor(data);
  std::uint64_t first = 0;
  {
    ResultsFolder folder(folder_, false);
    first = folder.content_hash(tensor, 0, "data.npy");
    EXPECT_EQ(folder.content_hash(tensor, 0, "data.npy"), first);
    EXPECT_EQ(tensor.hashed, 1);
  }
  {
    ResultsFolder folder(folder_, true);
    EXPECT_EQ(folder.content_hash(tensor, 0, "data.npy"), first);
    EXPECT_EQ(tensor.hashed, 1);
  }
  // Same size, and the modification time put back: only the change time tells.
  const auto modified = fs::last_write_time(data);
  write(data, "other");
  fs::last_write_time(data, modified);
  ResultsFolder folder(folder_, true);
  EXPECT_NE(folder.content_hash(tensor, 0, "data.npy"), first);
  EXPECT_EQ(tensor.hashed, 2);
}

TEST_F(Results, ATornFingerprintIsComputedAgain) {
  fs::create_directories(folder_);
  write(folder_ / "data.npy", "bytes");
  const OneTensor tensor(folder_ / "data.npy");
  { (void)ResultsFolder(folder_, false).content_hash(tensor, 0, "data.npy"); }
  const std::string line = contents(folder_ / "fingerprints.jsonl");
  write(folder_ / "fingerprints.jsonl", line.substr(0, line.size() / 2));
  { (void)ResultsFolder(folder_, true).content_hash(tensor, 0, "data.npy"); }
  EXPECT_EQ(tensor.hashed, 2);
  EXPECT_EQ(contents(folder_ / "fingerprints.jsonl"), line);
}

}  // namespace
}  // namespace entrospect::io
