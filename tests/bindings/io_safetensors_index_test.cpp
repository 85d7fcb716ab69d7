#include <sys/resource.h>

#include "bindings/io_files.hpp"

namespace entrospect::io::test {
namespace {

constexpr const char* write_again = "write the index again";

class Index : public FilesTest {
 protected:
  // Two shards of 8 bytes each: layers.10 and a in the first, layers.2 in the second.
  void SetUp() override {
    FilesTest::SetUp();
    write("m-1.safetensors",
          safetensors("{" + entry("layers.10", "F32", "[1,1]", 0, 4) + "," + entry("a", "F32", "[1,1]", 4, 8) + "}", raw<float>({10, 1})));
    write("m-2.safetensors", safetensors("{" + entry("layers.2", "F32", "[1,2]", 0, 8) + "}", raw<float>({2, 3})));
  }
  fs::path index(const std::string& text) const { return write("m.safetensors.index.json", text); }

  const std::string map_ = "\"weight_map\":{\"layers.10\":\"m-1.safetensors\",\"a\":\"m-1.safetensors\",\"layers.2\":\"m-2.safetensors\"}";
};

TEST_F(Index, JoinsShardsInNaturalOrder) {
  const auto file = open(index("{\"metadata\":{\"total_size\":16,\"other\":{\"deep\":[1]}}," + map_ + ",\"more\":[true]}"));
  ASSERT_EQ(file->tensors().size(), 3U);
  EXPECT_EQ(file->tensors()[0].name, "a");
  EXPECT_EQ(file->tensors()[1].name, "layers.2");
  EXPECT_EQ(file->tensors()[1].file, folder_ / "m-2.safetensors");
  EXPECT_EQ(file->tensors()[2].name, "layers.10");
  EXPECT_EQ(values(file->samples(1, false)), (std::vector<double>{2, 3}));
  EXPECT_EQ(values(file->samples(2, true)), (std::vector<double>{10}));
  EXPECT_NE(file->content_hash(0), file->content_hash(2));
}

TEST_F(Index, TotalSizeIsOptionalAndMayBeWrittenAsADecimal) {
  EXPECT_EQ(open(index("{" + map_ + "}"))->tensors().size(), 3U);
  EXPECT_EQ(open(index("{\"metadata\":{\"total_size\":16.0}," + map_ + "}"))->tensors().size(), 3U);
  const auto path = index("{\"metadata\":{\"total_size\":17}," + map_ + "}");
  EXPECT_TRUE(refuses_to_open(path, 0, "total_size 17", "16 bytes", write_again));
  EXPECT_EQ(open(path, {.lenient = true, .dtype = {}, .memory_limit = 0})->tensors().size(), 3U);
  const auto refused = [&](const std::string& size, std::uint64_t offset, const std::string& found) {
    return refuses_to_open(index("{\"metadata\":{\"total_size\":" + size + "}," + map_ + "}"), offset, "a number of bytes", found,
                           write_again);
  };
  EXPECT_TRUE(refused("-1", 29, "the number -1"));
  EXPECT_TRUE(refused("1.5", 30, "the number 1.5"));
  EXPECT_TRUE(refused("\"16\"", 30, "the text '16'"));
  EXPECT_TRUE(refused("[16]", 27, "an array"));
  EXPECT_TRUE(refused("1e300", 32, "the number 1e+300"));
}

TEST_F(Index, OnlyPlainFileNames) {
  for (const std::string name :
       {"../m-1.safetensors", "/etc/passwd", "sub/m-1.safetensors", "..\\\\m-1.safetensors", "", ".", "..", "m\\u0000"}) {
    const std::string text = "{\"weight_map\":{\"a\":\"" + name + "\"}}";
    EXPECT_TRUE(
        refuses_to_open(index(text), text.size() - 2, "the plain name of a file beside the index for 'a'", "the text '", write_again))
        << name;
  }
  EXPECT_TRUE(refuses_to_open(index("{\"weight_map\":{\"a\":7 }}"), 21, "the plain name", "the number 7", write_again));
}

TEST_F(Index, EachTensorExactlyOnce) {
  const auto path =
      index("{\"weight_map\":{\"layers.10\":\"m-1.safetensors\",\"a\":\"m-2.safetensors\",\"layers.2\":\"m-2.safetensors\"}}");
  const auto begin = open(folder_ / "m-1.safetensors")->tensors()[0].offset;
  EXPECT_TRUE(refuses([&] { (void)open(path); }, folder_ / "m-1.safetensors", begin, "in 'm-2.safetensors'", "it in 'm-1.safetensors'",
                      write_again));
  EXPECT_TRUE(refuses([&] { (void)open(index("{\"weight_map\":{\"layers.10\":\"m-1.safetensors\",\"layers.2\":\"m-2.safetensors\"}}")); },
                      folder_ / "m-1.safetensors", begin, "only tensors that the index lists", "does not", write_again));
  EXPECT_TRUE(refuses([&] { (void)open(index("{" + map_.substr(0, map_.size() - 1) + ",\"b\":\"m-2.safetensors\"}}")); },
                      folder_ / "m-2.safetensors", 0, "the tensor, as the index says", "a shard without it", write_again));
  write("m-2.safetensors",
        safetensors("{" + entry("layers.2", "F32", "[1,1]", 0, 4) + "," + entry("a", "F32", "[1,1]", 4, 8) + "}", raw<float>({2, 3})));
  const auto second = open(folder_ / "m-2.safetensors")->tensors()[0].offset;
  EXPECT_TRUE(refuses([&] { (void)open(index("{" + map_ + "}")); }, folder_ / "m-2.safetensors", second, "in 'm-1.safetensors'",
                      "in 'm-2.safetensors'", write_again));
  EXPECT_TRUE(refuses([&] { (void)open(index("{\"weight_map\":{\"a\":\"m-1.safetensors\",\"a\" :\"m-2.safetensors\"}}")); },
                      folder_ / "m.safetensors.index.json", 40, "each key once", "'a' again", ""));
}

TEST_F(Index, LenientPassesOverTensorsThatTheIndexLacks) {
  const auto file = open(index("{\"weight_map\":{\"layers.10\":\"m-1.safetensors\"}}"), {.lenient = true, .dtype = {}, .memory_limit = 0});
  ASSERT_EQ(file->tensors().size(), 1U);
  EXPECT_EQ(values(file->samples(0, false)), (std::vector<double>{10}));
}

TEST_F(Index, BrokenIndexOrShard) {
  EXPECT_TRUE(refuses_to_open(index(""), 0, "begins with '{'", "nothing", ""));
  EXPECT_TRUE(refuses_to_open(index("{}"), 2, "'weight_map'", "without", write_again));
  EXPECT_TRUE(refuses_to_open(index("{\"weight_map\":[]}"), 15, "an object of file names", "an array", write_again));
  EXPECT_TRUE(refuses_to_open(index("{\"weight_map\":{\"a\":{}}}"), 20, "an object of file names", "an object in it", write_again));
  EXPECT_TRUE(refuses_to_open(index("{\"weight_map\":1 }"), 16, "an object of file names", "the number 1", write_again));
  const std::string deep = "{\"weight_map\":{},\"x\":" + std::string(100000, '[');
  EXPECT_TRUE(refuses_to_open(index(deep), deep.find('[') + 16, "16 levels", "more", ""));
  EXPECT_TRUE(refuses([&] { (void)open(index("{\"weight_map\":{\"a\":\"gone.safetensors\"}}")); }, folder_ / "gone.safetensors", 0,
                      "a file", "nothing at this path", "check"));
  write("m-2.safetensors", "short");
  EXPECT_TRUE(refuses([&] { (void)open(index("{" + map_ + "}")); }, folder_ / "m-2.safetensors", 0, "8 bytes", "5 bytes", ""));
}

TEST_F(Index, LongerThanTheCapOrNotJson) {
  const auto path = index("{");
  fs::resize_file(path, std::uintmax_t{1} << 32);
  EXPECT_TRUE(refuses_to_open(path, 0, "an index of at most 100000000 bytes", "4294967296 bytes", write_again));
  EXPECT_TRUE(refuses_to_open(index("{\"weight_map\":{\"\xFF\":\"a\"}}"), 17, "JSON in UTF-8", "ill-formed UTF-8", ""));
  EXPECT_TRUE(refuses_to_open(index("{\"weight_map\":{\"a\":\"m\",\"a\":\"m\"}}"), 26, "each key once", "'a' again", ""));
  EXPECT_TRUE(refuses_to_open(index("{\"weight_map\":{},\"weight_map\":{}}"), 29, "each key once", "'weight_map' again", ""));
  for (const std::string size : {"-1", "1.5", "1e400", "NaN", "\"10\""})
    EXPECT_THROW((void)open(index("{\"metadata\":{\"total_size\":" + size + "}," + map_ + "}")), FileError) << size;
}

TEST_F(Index, ShardReplacedAfterOpening) {
  const auto file = open(index("{" + map_ + "}"));
  write("m-2.safetensors", safetensors("{" + entry("layers.2", "F32", "[1,3]", 0, 12) + "}", raw<float>({2, 3, 4})));
  EXPECT_TRUE(refuses([&] { (void)file->samples(1, false); }, folder_ / "m-2.safetensors", 0, "the shard that was there", "a changed file",
                      "run again"));
}

TEST_F(Index, OpeningTenGibibytesReadsHeadersOnly) {
  // 10 sparse shards of 1 GiB. Reading the data would take 10 GiB of memory or pages; the headers take a few kilobytes.
  std::string map;
  for (int i = 0; i < 10; ++i) {
    const std::string name = "big-" + std::to_string(i) + ".safetensors", tensor = "layers." + std::to_string(i);
    write(name, safetensors("{" + entry(tensor, "F32", "[262144,1024]", 0, std::uint64_t{1} << 30) + "}", ""));
    fs::resize_file(folder_ / name, fs::file_size(folder_ / name) + (std::uintmax_t{1} << 30));
    map += (i > 0 ? ",\"" : "\"") + tensor + "\":\"" + name + "\"";
  }
  struct rusage before {
  }, after{};
  ASSERT_EQ(getrusage(RUSAGE_SELF, &before), 0);
  const auto file = open(write("big.safetensors.index.json", "{\"metadata\":{\"total_size\":10737418240},\"weight_map\":{" + map + "}}"));
  ASSERT_EQ(getrusage(RUSAGE_SELF, &after), 0);
  EXPECT_EQ(file->tensors().size(), 10U);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 50 * 1024);  // KiB
  std::vector<float> row(1024, 1.0F);
  file->samples(9, false).reader()->read(262143, 1, reinterpret_cast<std::byte*>(row.data()));
  EXPECT_EQ(row, std::vector<float>(1024, 0.0F));
}

}  // namespace
}  // namespace entrospect::io::test
