#include <algorithm>
#include <thread>

#include "bindings/io_files.hpp"

namespace entrospect::io::test {
namespace {

using Npz = FilesTest;
constexpr const char* save_again = "numpy.savez";

const std::vector<float> six{1, 2, 3, 4, 5, 6};
const std::vector<double> six_values{1, 2, 3, 4, 5, 6};
const std::string six_npy = npy("<f4", "(2, 3)", raw(six));

// CRC-32 of zip archives: reflected polynomial 0xEDB88320.
std::uint32_t crc32(const std::string& bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

// Deflate with stored blocks (RFC 1951, 3.2.4): valid compressed data without a compressor.
std::string deflated(const std::string& bytes) {
  std::string out;
  for (std::size_t i = 0; i == 0 || i < bytes.size(); i += 65535) {
    const auto length = static_cast<std::uint16_t>(std::min<std::size_t>(65535, bytes.size() - i));
    out += static_cast<char>(i + length >= bytes.size() ? 1 : 0);
    out += little(length) + little(static_cast<std::uint16_t>(~length)) + bytes.substr(i, length);
  }
  return out;
}

struct Member {
  std::string name, data;         // data as stored in the archive
  std::uint64_t size = 0;         // declared by the central directory
  std::uint64_t packed_size = 0;  // declared by the central directory
  std::uint32_t crc = 0;
  std::uint16_t method = 0, flags = 0;
  bool zip64 = false;
  std::uint32_t local_size = 0;  // what the local header says, which must not matter
};

Member stored(const std::string& name, const std::string& bytes) {
  return {name, bytes, bytes.size(), bytes.size(), crc32(bytes), 0, 0, false, 0};
}
Member compressed(const std::string& name, const std::string& bytes) {
  const std::string data = deflated(bytes);
  return {name, data, bytes.size(), data.size(), crc32(bytes), 8, 0, false, 0};
}

std::string zip(const std::vector<Member>& members, const std::string& end = {}) {
  std::string out, directory;
  for (const Member& m : members) {
    const std::uint64_t offset = out.size();
    const auto name_size = static_cast<std::uint16_t>(m.name.size());
    const std::uint16_t version = m.zip64 ? 45 : 20;
    const std::string common = little(version) + little(m.flags) + little(m.method) + little<std::uint32_t>(0) + little(m.crc);
    // An extra field in the local header only, so that the two headers have different lengths, as NumPy writes them.
    const std::string local_extra = little<std::uint16_t>(0xFFFE) + little<std::uint16_t>(4) + "abcd";
    out += "PK\x03\x04" + common + little(m.local_size) + little(m.local_size) + little(name_size) +
           little(static_cast<std::uint16_t>(local_extra.size())) + m.name + local_extra + m.data;
    const std::string extra =
        m.zip64 ? little<std::uint16_t>(1) + little<std::uint16_t>(24) + little(m.size) + little(m.packed_size) + little(offset) : "";
    const auto small = [&](std::uint64_t value) { return little(m.zip64 ? 0xFFFFFFFFU : static_cast<std::uint32_t>(value)); };
    directory += "PK\x01\x02" + little(version) + common + small(m.packed_size) + small(m.size) + little(name_size) +
                 little(static_cast<std::uint16_t>(extra.size())) + zeros(10) + small(offset) + m.name + extra;
  }
  if (!end.empty()) return out + directory + end;
  const auto count = little(static_cast<std::uint16_t>(members.size()));
  return out + directory + "PK\x05\x06" + zeros(4) + count + count + little(static_cast<std::uint32_t>(directory.size())) +
         little(static_cast<std::uint32_t>(out.size())) + zeros(2);
}

TEST_F(Npz, StoredAndDeflatedMembersInNaturalOrder) {
  const auto path = write("a.npz", zip({stored("layer10.npy", six_npy), compressed("layer2.npy", npy("<f8", "(1, 2)", raw<double>({7, 8}))),
                                        stored("sub/", ""), compressed("sub/y.npy", npy("<i8", "(2,)", raw<std::int64_t>({4, 5})))}));
  const auto file = open(path);
  ASSERT_EQ(file->tensors().size(), 3U);
  const TensorInfo& first = file->tensors()[0];
  EXPECT_EQ(first.name, "layer2");
  EXPECT_TRUE(first.compressed);
  EXPECT_EQ(first.shape, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(first.bytes, 16U);
  EXPECT_EQ(first.problem, "");
  EXPECT_EQ(file->tensors()[1].name, "layer10");
  EXPECT_FALSE(file->tensors()[1].compressed);
  EXPECT_EQ(file->tensors()[2].name, "sub/y");
  EXPECT_FALSE(file->samples(0, false).streamed());
  EXPECT_EQ(values(file->samples(0, false)), (std::vector<double>{7, 8}));
  EXPECT_TRUE(file->samples(1, false).streamed());
  EXPECT_EQ(values(file->samples(1, false)), six_values);
  EXPECT_EQ(values(file->samples(1, true)), six_values);
  EXPECT_EQ(file->labels(2).classes().names, (std::vector<std::string>{"4", "5"}));
}

TEST_F(Npz, HashDoesNotDependOnCompression) {
  const auto file = open(write("h.npz", zip({stored("a.npy", six_npy), compressed("b.npy", six_npy)})));
  EXPECT_EQ(file->content_hash(0), file->content_hash(1));
  EXPECT_EQ(file->content_hash(0), open(write("x.npy", six_npy))->content_hash(0));
}

TEST_F(Npz, MembersMayBeFortranBigEndianOrHalf) {
  const auto file = open(write("m.npz", zip({compressed("b.npy", npy("bfloat16", "(1, 2)", raw<std::uint16_t>({0x3F80, 0x4049}))),
                                             stored("f.npy", npy("<f4", "(2, 3)", raw<float>({1, 4, 2, 5, 3, 6}), true)),
                                             stored("s.npy", npy(">f2", "(1, 2)", std::string("\x3C\x00\x40\x00", 4)))})));
  EXPECT_EQ(values(file->samples(0, false)), (std::vector<double>{1, 3.140625}));
  EXPECT_EQ(values(file->samples(1, false)), six_values);
  EXPECT_EQ(values(file->samples(2, false)), (std::vector<double>{1, 2}));
  EXPECT_TRUE(file->tensors()[2].byte_swapped);
}

TEST_F(Npz, Zip64AndUselessLocalSizes) {
  Member a = stored("a.npy", six_npy), b = compressed("b.npy", six_npy);
  a.zip64 = b.zip64 = true;
  a.local_size = b.local_size = 0xFFFFFFFF;  // as writers with force_zip64 leave it
  const auto file = open(write("z.npz", zip({a, b})));
  EXPECT_EQ(values(file->samples(0, false)), six_values);
  EXPECT_EQ(values(file->samples(1, false)), six_values);
  Member streamed = compressed("s.npy", six_npy);
  streamed.flags = 8;  // sizes and CRC follow the data, the local header has zeros
  EXPECT_EQ(values(open(write("d.npz", zip({streamed})))->samples(0, false)), six_values);
}

TEST_F(Npz, EmptyArchive) { EXPECT_TRUE(open(write("e.npz", zip({})))->tensors().empty()); }

TEST_F(Npz, NotAnArchive) {
  EXPECT_TRUE(refuses_to_open(write("0.npz", ""), 0, "a zip archive", "an empty file", save_again));
  EXPECT_TRUE(refuses_to_open(write("n.npz", six_npy), 0, "a zip archive", "Not a zip archive", save_again));
  const std::string whole = zip({stored("a.npy", six_npy)});
  EXPECT_TRUE(refuses_to_open(write("t.npz", whole.substr(0, whole.size() - 5)), 0, "a zip archive", "", save_again));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW((void)open(write("t.npz", whole.substr(0, size))), FileError) << size;
}

TEST_F(Npz, TruncatedArchiveAndTrailingBytes) {
  const std::string whole = zip({stored("a.npy", six_npy)});
  for (std::size_t bytes = 1; bytes < whole.size(); ++bytes)
    EXPECT_THROW((void)open(write("t.npz", whole.substr(0, bytes))), FileError) << bytes;
  const std::string more = whole + "stray";
  EXPECT_TRUE(refuses_to_open(write("m.npz", more), more.size(), "the end of the archive", "stray bytes", "--lenient"));
  EXPECT_EQ(open(write("m.npz", more), {.lenient = true, .dtype = {}, .memory_limit = 0})->tensors().size(), 1U);
  std::string commented = whole + "note";
  commented[whole.size() - 2] = 4;  // length of the comment
  EXPECT_EQ(open(write("c.npz", commented))->tensors().size(), 1U);
}

TEST_F(Npz, DirectoryThatDeclaresMoreEntriesThanItHas) {
  const std::string name = "a.npy";
  // ZIP64 end records that promise 2^40 entries in 46 bytes: nothing may be reserved for them.
  const std::string members = zip({stored("a.npy", six_npy)}, "?");
  const std::uint64_t at = members.find("PK\x01\x02"), size = members.size() - 1 - at;
  for (const std::uint64_t count : {std::uint64_t{2}, std::uint64_t{1} << 40, ~std::uint64_t{0} / 46}) {
    const std::string record = "PK\x06\x06" + little<std::uint64_t>(44) + little<std::uint16_t>(45) + little<std::uint16_t>(45) + zeros(8) +
                               little(count) + little(count) + little(size) + little(at);
    const std::string locator = "PK\x06\x07" + zeros(4) + little(at + size) + little<std::uint32_t>(1);
    const std::string end = "PK\x05\x06" + zeros(4) + std::string(12, '\xFF') + zeros(2);
    EXPECT_TRUE(refuses_to_open(write("e.npz", members.substr(0, at + size) + record + locator + end), 0, "a zip archive", "", save_again))
        << count;
  }
}

TEST_F(Npz, NamesThatLeaveTheFolder) {
  for (const std::string name : {"../x.npy", "a/../../x.npy", "/etc/x.npy", "..\\x.npy", "C:\\x.npy", ".."})
    EXPECT_TRUE(refuses_to_open(write("p.npz", zip({stored("a.npy", six_npy), stored(name, six_npy)})), 0,
                                "member names inside the archive", "'", save_again))
        << name;
  EXPECT_EQ(open(write("q.npz", zip({stored("a..b.npy", six_npy)})))->tensors()[0].name, "a..b");
}

TEST_F(Npz, SameNameTwice) {
  EXPECT_TRUE(refuses_to_open(write("d.npz", zip({stored("a.npy", six_npy), stored("a.npy", six_npy)})), 0, "each member once", "'a' again",
                              save_again));
}

// A fault of one member is its own; the other stays usable.
class OneBadMember : public Npz {
 protected:
  [[nodiscard]] ::testing::AssertionResult refused(const Member& bad, std::uint64_t offset, const std::string& expected,
                                                   const std::string& found, const std::string& remedy = save_again,
                                                   bool in_memory = true) const {
    const auto path = write("b.npz", zip({bad, stored("good.npy", six_npy)}));
    const auto file = open(path);
    if (file->tensors().size() != 2 || values(file->samples(1, in_memory)) != six_values)
      return ::testing::AssertionFailure() << "the good member is lost";
    return refuses([&] { (void)file->samples(0, in_memory); }, path, offset, expected, found, remedy);
  }
};

TEST_F(OneBadMember, EncryptedOrUnknownMethod) {
  Member bad = stored("bad.npy", six_npy);
  bad.flags = 1;
  EXPECT_TRUE(refused(bad, 0, "without encryption", "encrypted", "password"));
  for (const std::uint16_t method : {std::uint16_t{12}, std::uint16_t{14}, std::uint16_t{93}, std::uint16_t{9}, std::uint16_t{1000}}) {
    bad = stored("bad.npy", six_npy);
    bad.method = method;
    EXPECT_TRUE(refused(bad, 0, "method 0 (stored) or 8 (deflate)", std::to_string(method)));
  }
}

TEST_F(OneBadMember, NotNpy) {
  EXPECT_TRUE(refused(stored("bad.txt", "hello"), 0, ".npy", "'bad.txt'"));
  EXPECT_TRUE(refused(stored("bad.npy", "hello hello hello"), 0, "magic", "hello", "numpy.save"));
  EXPECT_TRUE(refused(compressed("bad.npy", "hello"), 0, "at least 10 bytes", "5 bytes", "numpy.save"));
}

TEST_F(OneBadMember, WrongCrc) {
  for (const bool in_memory : {true, false}) {
    Member bad = stored("bad.npy", six_npy);
    bad.crc ^= 1;
    EXPECT_TRUE(refused(bad, six_npy.size(), "CRC", "CRC error", save_again, in_memory));
    bad = compressed("bad.npy", six_npy);
    bad.crc ^= 1;
    EXPECT_TRUE(refused(bad, six_npy.size(), "CRC", "CRC error", save_again, in_memory));
  }
  Member bad = compressed("bad.npy", six_npy);
  bad.crc ^= 1;
  const auto file = open(write("h.npz", zip({bad})));
  EXPECT_THROW((void)file->content_hash(0), FileError);
}

TEST_F(OneBadMember, BrokenDeflate) {
  Member bad = compressed("bad.npy", six_npy);
  bad.data[0] = 7;  // reserved block type
  EXPECT_TRUE(refused(bad, 0, "intact compressed data", ""));
  bad = compressed("bad.npy", six_npy);
  bad.data[1] ^= 1;  // block length and its complement disagree
  EXPECT_TRUE(refused(bad, 0, "intact compressed data", ""));
}

TEST_F(OneBadMember, DeclaredSizesDisagree) {
  const std::uint64_t data = six_npy.size() - 24;
  Member bad = compressed("bad.npy", six_npy);
  bad.size -= 4;
  EXPECT_TRUE(refused(bad, data, "24 bytes of data", "20 bytes", "interrupted"));
  bad = compressed("bad.npy", six_npy);
  bad.size += 4;
  EXPECT_TRUE(refused(bad, data, "24 bytes of data", "28 bytes", "save it again"));
  bad = stored("bad.npy", six_npy);
  bad.size += 4;
  EXPECT_TRUE(refused(bad, 0, "equal sizes of a stored member", std::to_string(six_npy.size() + 4) + " bytes packed into"));
  // The directory and the header agree with each other, but not with the data.
  bad = compressed("bad.npy", npy("<f4", "(2, 4)", raw(six)));
  bad.size += 8;
  EXPECT_TRUE(refused(bad, bad.size - 8, "", ""));
  bad = compressed("bad.npy", npy("<f4", "(2, 2)", raw(six)));
  bad.size -= 8;
  EXPECT_TRUE(refused(bad, bad.size, "", ""));
}

TEST_F(OneBadMember, InflationRatio) {
  const std::string header = npy("<f4", "(1048576, 1025)", "");
  Member bad = compressed("bad.npy", header);
  bad.size = header.size() + (std::uint64_t{1048576} * 1025 * 4);  // 4.004 GiB from a hundred bytes
  bad.zip64 = true;
  EXPECT_TRUE(refused(bad, 0, "at most 1000 times inflation above 4 GiB", std::to_string(bad.size) + " bytes packed into", "numpy.savez"));
}

TEST_F(OneBadMember, ShapeBombBelowTheRatioCapMeetsTheMemoryLimit) {
  const std::string header = npy("<f4", "(1048576, 512)", "");
  Member bad = compressed("bad.npy", header);
  bad.size = header.size() + (std::uint64_t{1} << 31);
  const auto path = write("m.npz", zip({bad}));
  const auto file = open(path, {.lenient = false, .dtype = {}, .memory_limit = 1 << 20});
  EXPECT_TRUE(refuses([&] { (void)file->samples(0, false); }, path, 0, "at most 1048576 bytes in memory", "2147483648 bytes",
                      "raise the memory limit"));
  // With memory enough the reservation is made, and the data end at once.
  const auto roomy = open(path, {.lenient = false, .dtype = {}, .memory_limit = std::uint64_t{1} << 32});
  EXPECT_TRUE(refuses([&] { (void)roomy->samples(0, false); }, path, header.size(), "", "", save_again));
}

TEST_F(OneBadMember, HeaderFaults) {
  EXPECT_TRUE(refused(stored("bad.npy", npy("<f4", "(4294967296, 4294967296)", "")), 10, "63 bits", "4294967296", "numpy.save"));
  EXPECT_TRUE(refused(stored("bad.npy", npy("|O", "(1, 1)", "x")), 10, "numbers", "pickled", "astype"));
  EXPECT_TRUE(refused(stored("bad.npy", npy("<f4", "(-1, 1)", "")), 61, "a dimension", "-1", "numpy.save"));
}

TEST_F(Npz, MemberThatPointsOutsideTheFile) {
  std::string bytes = zip({stored("a.npy", six_npy)});
  const std::size_t entry_at = bytes.find("PK\x01\x02");
  bytes.replace(entry_at + 42, 4, little<std::uint32_t>(0x7FFFFFFF));  // offset of the local header
  const auto path = write("o.npz", bytes);
  EXPECT_THROW((void)open(path)->samples(0, false), FileError);
}

TEST_F(Npz, FileThatChangesWhileRead) {
  const std::string bytes = zip({stored("a.npy", six_npy)});
  const auto path = write("c.npz", bytes);
  const auto file = open(path);
  const SampleMatrix streamed = file->samples(0, false);
  fs::resize_file(path, bytes.size() - 30);
  std::vector<std::byte> row(12);
  EXPECT_THROW(streamed.reader()->read(0, 1, row.data()), FileError);
  EXPECT_THROW((void)file->samples(0, true), FileError);
}

TEST_F(Npz, RowsFromManyThreads) {
  std::vector<float> many(3000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<float>(i);
  const auto file = open(write("t.npz", zip({stored("a.npy", npy("<f4", "(1000, 3)", raw(many)))})));
  const SampleMatrix x = file->samples(0, false);
  std::vector<std::size_t> wrong(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      std::vector<float> row(3);
      for (std::size_t i = t; i < 1000; i += 4) {
        x.reader()->read(i, 1, reinterpret_cast<std::byte*>(row.data()));
        if (row[0] != many[3 * i] || row[2] != many[3 * i + 2]) ++wrong[t];
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<std::size_t>(4));
  EXPECT_THROW(x.reader()->read(1000, 1, nullptr), std::out_of_range);
}

}  // namespace
}  // namespace entrospect::io::test
