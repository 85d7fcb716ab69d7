#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>

#include "bindings/io_files.hpp"

namespace entrospect::io::test {
namespace {

using Sources = FilesTest;

const std::string one = npy("<f4", "(1, 1)", raw<float>({1}));
const std::string shard = safetensors("{" + entry("a", "F32", "[1,1]", 0, 4) + "}", zeros(4));

// "name" or "name: problem", in the order found.
std::vector<std::string> listed(const std::vector<fs::path>& arguments) {
  std::vector<std::string> out;
  for (const Source& s : find_sources(arguments)) out.push_back(s.problem.empty() ? s.relative : s.relative + ": " + s.problem);
  return out;
}
using Texts = std::vector<std::string>;

TEST(NaturalOrder, DigitsCompareAsNumbers) {
  Texts names{"layers.10", "layers.2", "layers.1", "layers", "Layers.3", "layers.2.b", "layers.2.a", "a", "", "layers.02", "10", "9"};
  std::sort(names.begin(), names.end(), natural_less);
  EXPECT_EQ(names, (Texts{"", "9", "10", "Layers.3", "a", "layers", "layers.1", "layers.02", "layers.2", "layers.2.a", "layers.2.b",
                          "layers.10"}));
}

TEST(NaturalOrder, IsAStrictOrder) {
  const Texts names{"",
                    "0",
                    "00",
                    "1",
                    "01",
                    "1a",
                    "a1",
                    "a01",
                    "a1b",
                    "a01b",
                    "a10",
                    "a9",
                    "a",
                    "a/b",
                    "a.b",
                    "\xC3\xA9",
                    "18446744073709551616",
                    "18446744073709551617"};
  for (const auto& a : names)
    for (const auto& b : names) {
      EXPECT_EQ(natural_less(a, b) || natural_less(b, a), a != b) << a << " " << b;
      EXPECT_FALSE(natural_less(a, b) && natural_less(b, a)) << a << " " << b;
      for (const auto& c : names) {
        if (natural_less(a, b) && natural_less(b, c)) {
          EXPECT_TRUE(natural_less(a, c)) << a << " " << b << " " << c;
        }
      }
    }
  EXPECT_TRUE(natural_less("18446744073709551616", "18446744073709551617"));
}

TEST_F(Sources, FolderIsSearchedInNaturalOrder) {
  write("step10/x.npy", one);
  write("step2/x.npy", one);
  write("step2/deep/y.safetensors", shard);
  write("z.NPZ", one);
  write("notes.txt", "text");
  write("config.json", "{}");
  write("y.csv", "1");
  EXPECT_EQ(listed({folder_}), (Texts{"step2/deep/y.safetensors", "step2/x.npy", "step10/x.npy", "z.NPZ"}));
  EXPECT_EQ(find_sources({folder_})[1].path, folder_ / "step2/x.npy");
}

TEST_F(Sources, FilesKeepTheOrderOfTheArguments) {
  const auto b = write("b.npy", one), a = write("a.npy", one);
  EXPECT_EQ(listed({b, a}), (Texts{"b.npy", "a.npy"}));
}

TEST_F(Sources, FolderNamesWithATrailingSlashOrDots) {
  write("x.npy", one);
  fs::create_directory(folder_ / "sub");
  EXPECT_EQ(listed({folder_ / ""}), Texts{"x.npy"});
  EXPECT_EQ(listed({folder_ / "sub" / ".."}), Texts{"x.npy"});
}

TEST_F(Sources, RefusedFormatsCarryTheirConversion) {
  write("a.pt", "x");
  write("b.pth", "x");
  write("c.pickle", "x");
  write("d.pkl", "x");
  write("e.joblib", "x");
  write("f.h5", "x");
  write("g.hdf5", "x");
  const auto sources = find_sources({folder_});
  ASSERT_EQ(sources.size(), 7U);
  EXPECT_NE(sources[0].problem.find("torch.load(sys.argv[1], weights_only=True)"), std::string::npos);
  EXPECT_EQ(sources[0].problem.find("torch.load(sys.argv[1])"), std::string::npos);
  EXPECT_NE(sources[2].problem.find("numpy.savez"), std::string::npos);
  EXPECT_NE(sources[5].problem.find("h5py"), std::string::npos);
  for (const Source& s : sources) {
    EXPECT_NE(s.problem, "");
    EXPECT_TRUE(refuses_to_open(s.path, 0, "a .npy, .npz, .safetensors", s.path.extension().string(),
                                s.relative[0] < 'c' ? "weights_only" : "numpy.savez"));
    EXPECT_EQ(find_sources({s.path})[0].problem, s.problem);
  }
}

TEST_F(Sources, UnknownAndMissingFiles) {
  const auto text = write("notes.txt", "x");
  EXPECT_NE(find_sources({text})[0].problem.find("neither .npy"), std::string::npos);
  EXPECT_NE(find_sources({folder_ / "gone.npy"})[0].problem.find("no such file"), std::string::npos);
  EXPECT_TRUE(refuses_to_open(text, 0, "a .npy, .npz", "'notes.txt'", "safetensors"));
  EXPECT_TRUE(refuses_to_open(folder_ / "gone.npy", 0, "a file", "nothing at this path", "check the path"));
  EXPECT_TRUE(refuses_to_open(write("y.csv", "1"), 0, "a .npy, .npz", "labels only", "numpy.save"));
  fs::create_directory(folder_ / "d.npy");
  EXPECT_TRUE(refuses_to_open(folder_ / "d.npy", 0, "a regular file", "a folder", "name that"));
}

TEST_F(Sources, AnIndexHidesItsShards) {
  write("s/m-1.safetensors", shard);
  write("s/other.safetensors", shard);
  write("s/m.safetensors.index.json", "{\"weight_map\":{\"a\":\"m-1.safetensors\"}}");
  EXPECT_EQ(listed({folder_}), (Texts{"s/m.safetensors.index.json", "s/other.safetensors"}));
  write("s/m.safetensors.index.json", "{\"weight_map\":{\"a\":\"../m-1.safetensors\"}}");
  const auto sources = find_sources({folder_});
  ASSERT_EQ(sources.size(), 3U);
  EXPECT_EQ(sources[0].relative, "s/m-1.safetensors");  // a broken index hides nothing
  EXPECT_NE(sources[1].problem.find("plain name"), std::string::npos);
}

TEST_F(Sources, FifoSocketAndDevice) {
  ASSERT_EQ(::mkfifo((folder_ / "f.npy").c_str(), 0600), 0);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_GE(descriptor, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = (folder_ / "s.npy").string();
  ASSERT_LT(name.size(), sizeof(address.sun_path));
  std::copy(name.begin(), name.end(), address.sun_path);
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  fs::create_symlink("/dev/zero", folder_ / "d.npy");
  const auto sources = find_sources({folder_});
  ASSERT_EQ(sources.size(), 3U);
  EXPECT_NE(sources[0].problem.find("a link that leaves the folder"), std::string::npos);
  EXPECT_NE(sources[1].problem.find("a FIFO"), std::string::npos);
  EXPECT_NE(sources[2].problem.find("a socket"), std::string::npos);
  EXPECT_TRUE(refuses_to_open(folder_ / "f.npy", 0, "a regular file", "a FIFO", "copy the data"));  // and does not wait for a writer
  EXPECT_TRUE(refuses_to_open(folder_ / "s.npy", 0, "a regular file", "a socket", "copy the data"));
  EXPECT_TRUE(refuses_to_open(folder_ / "d.npy", 0, "a regular file", "a device", "copy the data"));
  EXPECT_NE(find_sources({folder_ / "f.npy"})[0].problem.find("a FIFO"), std::string::npos);
  ::close(descriptor);
}

TEST_F(Sources, LinksMustStayInsideTheFolder) {
  write("outside/x.npy", one);
  write("root/real.npy", one);
  write("root/sub/deep.npy", one);
  fs::create_symlink("real.npy", folder_ / "root/inner.npy");
  fs::create_symlink(folder_ / "outside/x.npy", folder_ / "root/leaves.npy");
  fs::create_symlink("../outside", folder_ / "root/leaves");
  fs::create_symlink("gone.npy", folder_ / "root/dangling.npy");
  fs::create_symlink("sub", folder_ / "root/again");  // found by itself; not followed, so links cannot go in circles
  fs::create_symlink("..", folder_ / "root/sub/up");
  fs::create_symlink("gone.txt", folder_ / "root/unrelated.txt");
  EXPECT_EQ(listed({folder_ / "root"}),
            (Texts{"dangling.npy: a link to nothing. Fix: remove it or restore its target", "inner.npy",
                   "leaves: a link that leaves the folder. Fix: name its target as an argument",
                   "leaves.npy: a link that leaves the folder. Fix: name its target as an argument", "real.npy", "sub/deep.npy"}));
  EXPECT_EQ(listed({folder_ / "root/leaves.npy"}), Texts{"leaves.npy"});  // named by the user
  write("root/m.safetensors.index.json", "{\"weight_map\":{\"a\":\"m-1.safetensors\"}}");
  write("outside/m-1.safetensors", shard);
  fs::create_symlink("../outside/m-1.safetensors", folder_ / "root/m-1.safetensors");
  const auto sources = find_sources({folder_ / "root"});
  const auto index = std::find_if(sources.begin(), sources.end(), [](const Source& s) { return s.relative == "m.safetensors.index.json"; });
  ASSERT_NE(index, sources.end());
  EXPECT_NE(index->problem.find("'m-1.safetensors' is a link that leaves the folder"), std::string::npos);
}

TEST_F(Sources, ARootThatIsALinkIsFollowed) {
  write("real/x.npy", one);
  fs::create_symlink("x.npy", folder_ / "real/y.npy");
  fs::create_symlink("real", folder_ / "root");
  EXPECT_EQ(listed({folder_ / "root"}), (Texts{"x.npy", "y.npy"}));
}

}  // namespace
}  // namespace entrospect::io::test
