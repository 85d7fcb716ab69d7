#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "bindings/io_files.hpp"
#include "entrospect/core/errors.hpp"

namespace entrospect::io::test {
namespace {

using Npy = FilesTest;
constexpr const char* save_again = "numpy.save";

const std::vector<float> six{1, 2, 3, 4, 5, 6};
const std::vector<double> six_values{1, 2, 3, 4, 5, 6};
const std::string header_of_six = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";

std::string big_endian(const std::string& bytes, std::size_t size) {
  std::string out = bytes;
  for (std::size_t i = 0; i + size <= out.size(); i += size)
    std::reverse(out.begin() + static_cast<long>(i), out.begin() + static_cast<long>(i + size));
  return out;
}

TEST_F(Npy, EveryVersionIsRead) {
  for (const unsigned version : {1U, 2U, 3U}) {
    const auto path = write("v.npy", npy("<f4", "(2, 3)", raw(six), false, version));
    const auto file = open(path);
    ASSERT_EQ(file->tensors().size(), 1U);
    const TensorInfo& info = file->tensors()[0];
    EXPECT_EQ(info.name, "v");
    EXPECT_EQ(info.file, path);
    EXPECT_EQ(info.dtype, "<f4");
    EXPECT_EQ(info.shape, (std::vector<std::uint64_t>{2, 3}));
    EXPECT_EQ(info.bytes, 24U);
    EXPECT_EQ(info.offset, fs::file_size(path) - 24);
    EXPECT_EQ(info.problem, "");
    EXPECT_FALSE(info.fortran_order || info.byte_swapped || info.compressed);
    const SampleMatrix streamed = file->samples(0, false), loaded = file->samples(0, true);
    EXPECT_TRUE(streamed.streamed());
    EXPECT_FALSE(loaded.streamed());
    EXPECT_EQ(streamed.dtype(), DType::f32);
    EXPECT_EQ(values(streamed), six_values);
    EXPECT_EQ(values(loaded), six_values);
  }
}

TEST_F(Npy, ViewsOutliveTheFileObject) {
  auto file = open(write("a.npy", npy("<f4", "(2, 3)", raw(six))));
  const SampleMatrix streamed = file->samples(0, false), loaded = file->samples(0, true);
  file.reset();
  EXPECT_EQ(values(streamed), six_values);
  EXPECT_EQ(values(loaded), six_values);
}

TEST_F(Npy, FortranOrderIsHonoured) {
  const auto file = open(write("f.npy", npy("<f4", "(2, 3)", raw<float>({1, 4, 2, 5, 3, 6}), true)));
  EXPECT_TRUE(file->tensors()[0].fortran_order);
  EXPECT_EQ(values(file->samples(0, false)), six_values);
  const auto column = open(write("c.npy", npy("<f4", "(6, 1)", raw(six), true)));  // one column: both orders are the same bytes
  EXPECT_TRUE(column->samples(0, false).streamed());
  EXPECT_EQ(values(column->samples(0, false)), six_values);
}

TEST_F(Npy, BigEndianIsSwappedAndRecorded) {
  const auto file = open(write("b.npy", npy(">f4", "(2, 3)", big_endian(raw(six), 4))));
  EXPECT_TRUE(file->tensors()[0].byte_swapped);
  EXPECT_EQ(file->tensors()[0].dtype, ">f4");
  EXPECT_EQ(values(file->samples(0, false)), six_values);
  const auto both = open(write("bf.npy", npy(">f8", "(2, 3)", big_endian(raw<double>({1, 4, 2, 5, 3, 6}), 8), true)));
  EXPECT_EQ(values(both->samples(0, true)), six_values);
  const auto labels = open(write("l.npy", npy(">i8", "(3,)", big_endian(raw<std::int64_t>({7, -1, 7}), 8))))->labels(0);
  EXPECT_EQ(labels.classes().names, (std::vector<std::string>{"-1", "7"}));
}

TEST_F(Npy, HalfPrecision) {
  const std::string halves = raw<std::uint16_t>({0x3C00, 0x4000, 0xC200, 0x0001});  // 1, 2, -3, 2^-24
  EXPECT_EQ(values(open(write("h.npy", npy("<f2", "(2, 2)", halves)))->samples(0, false)), (std::vector<double>{1, 2, -3, 0x1p-24}));
  const std::string brains = raw<std::uint16_t>({0x3F80, 0x4000, 0xC040, 0x4049});  // 1, 2, -3, 3.140625
  const std::vector<double> expected{1, 2, -3, 3.140625};
  const auto named = open(write("n.npy", npy("bfloat16", "(2, 2)", brains)));
  EXPECT_EQ(named->samples(0, false).dtype(), DType::bf16);
  EXPECT_EQ(values(named->samples(0, false)), expected);
  for (const char* descr : {"<V2", "|V2", "V2"}) {
    const auto path = write("v.npy", npy(descr, "(2, 2)", brains));
    EXPECT_EQ(values(open(path, {.lenient = false, .dtype = "bf16", .memory_limit = 0})->samples(0, false)), expected);
    const auto plain = open(path);
    EXPECT_NE(plain->tensors()[0].problem.find("--dtype bf16"), std::string::npos);
    EXPECT_TRUE(refuses([&] { (void)plain->samples(0, false); }, path, 10, "a named element type", "V2", "--dtype bf16"));
  }
  EXPECT_THROW((void)open(write("x.npy", npy("<f4", "(2, 3)", raw(six))), {.lenient = false, .dtype = "f4", .memory_limit = 0}),
               InvalidArgument);
}

TEST_F(Npy, ScalarsAndEmptyArraysAreLegal) {
  const auto scalar = open(write("s.npy", npy("<f8", "()", raw<double>({2.5}))));
  EXPECT_TRUE(scalar->tensors()[0].shape.empty());
  EXPECT_NE(scalar->tensors()[0].problem, "");
  EXPECT_NE(scalar->content_hash(0), 0U);
  const auto empty = open(write("e.npy", npy("<f8", "(0, 3)", "")));
  EXPECT_EQ(empty->tensors()[0].bytes, 0U);
  EXPECT_TRUE(refuses([&] { (void)empty->samples(0, false); }, folder_ / "e.npy", fs::file_size(folder_ / "e.npy"),
                      "at least one row and one column", "(0, 3)", "save"));
  const auto no_columns = open(write("z.npy", npy("<f8", "(3, 0)", "")));
  EXPECT_NE(no_columns->tensors()[0].problem.find("one column"), std::string::npos);
  EXPECT_EQ(open(write("l.npy", npy("<i4", "(0,)", "")))->labels(0).n(), 0U);
}

TEST_F(Npy, HeaderSpellings) {
  const auto good = [&](const std::string& header, unsigned version = 1) {
    return values(open(write("g.npy", npy_text(header, raw(six), version)))->samples(0, false)) == six_values;
  };
  EXPECT_TRUE(good("{'descr':'<f4','fortran_order':False,'shape':(2,3)}"));                                // no spaces, no last comma
  EXPECT_TRUE(good("{\"shape\": (2L, 3L), \"descr\": \"<f4\", \"fortran_order\": False}            \n"));  // Python 2
  EXPECT_TRUE(good("{'fortran_order': False, 'shape': (2, 3,), 'descr': '=f4'}", 2));
  EXPECT_TRUE(good(" { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2 , 3 ) , } \n", 3));
  EXPECT_TRUE(good("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + std::string(7, ' ') + "\n"));  // unaligned payload
}

TEST_F(Npy, BadMagicAndVersion) {
  EXPECT_TRUE(refuses_to_open(write("m.npy", "\x93NUMPZ\x01" + zeros(20)), 0, "magic", "NUMPZ", save_again));
  EXPECT_TRUE(refuses_to_open(write("t.npy", "\x93NUM"), 0, "at least 10 bytes", "4 bytes", save_again));
  EXPECT_TRUE(refuses_to_open(write("0.npy", ""), 0, "at least 10 bytes", "0 bytes", save_again));
  EXPECT_TRUE(refuses_to_open(write("v4.npy", npy("<f4", "(2, 3)", raw(six), false, 4)), 6, "version 1.0, 2.0 or 3.0", "4.0", save_again));
  std::string minor = npy("<f4", "(2, 3)", raw(six));
  minor[7] = 5;
  EXPECT_TRUE(refuses_to_open(write("v15.npy", minor), 6, "version", "1.5", save_again));
}

TEST_F(Npy, HeaderLongerThanFileOrCap) {
  const std::string start = "\x93NUMPY";
  EXPECT_TRUE(refuses_to_open(write("l.npy", start + little<std::uint16_t>(1) + little<std::uint16_t>(500) + zeros(20)), 8,
                              "within the 20 bytes", "500 bytes", save_again));
  EXPECT_TRUE(refuses_to_open(write("c.npy", start + little<std::uint16_t>(2) + little<std::uint32_t>(0xFFFFFFFF) + zeros(20)), 8,
                              "at most 10000 bytes", "4294967295 bytes", save_again));
  EXPECT_TRUE(
      refuses_to_open(write("s.npy", start + little<std::uint16_t>(2) + little<std::uint16_t>(5)), 8, "4 bytes", "end", save_again));
  const std::string longest = header_of_six.substr(0, header_of_six.size() - 1) + std::string(10000 - header_of_six.size(), ' ') + "\n";
  EXPECT_EQ(values(open(write("k.npy", npy_text(longest, raw(six))))->samples(0, false)), six_values);
}

TEST_F(Npy, HeaderThatIsNotUtf8) {
  EXPECT_TRUE(refuses_to_open(write("u.npy", npy_text("{'descr': '<f4\xFF', 'fortran_order': False, 'shape': (2, 3)}", raw(six), 3)), 12,
                              "UTF-8", "not", save_again));
}

TEST_F(Npy, KeysExactlyOnce) {
  const auto refused = [&](const std::string& header, std::uint64_t offset, const std::string& expected, const std::string& found) {
    return refuses_to_open(write("k.npy", npy_text(header, raw(six))), offset, expected, found, save_again);
  };
  EXPECT_TRUE(refused("{'descr': '<f4', 'fortran_order': False, }", 52, "'shape'", "without"));
  EXPECT_TRUE(refused("{'descr': '<f4', 'shape': (2, 3), }", 45, "'fortran_order'", "without"));
  EXPECT_TRUE(refused("{'fortran_order': False, 'shape': (2, 3), }", 53, "'descr'", "without"));
  EXPECT_TRUE(refused("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}", 35, "once", "'descr' again"));
  EXPECT_TRUE(refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}", 75, "only", "'more'"));
}

TEST_F(Npy, TheHeaderIsNeverEvaluated) {
  const auto refused = [&](const std::string& header, std::uint64_t offset, const std::string& expected) {
    return refuses_to_open(write("e.npy", npy_text(header, raw(six))), offset, expected, "", save_again);
  };
  EXPECT_TRUE(refused("__import__('os').system('true')", 10, "'{'"));
  EXPECT_TRUE(refused("{'descr': str(4), 'fortran_order': False, 'shape': (2, 3)}", 20, "quoted"));
  EXPECT_TRUE(refused("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}", 44, "True or False"));
  EXPECT_TRUE(refused("{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}", 60, "'('"));
  EXPECT_TRUE(refused("{'descr': '<f4', 'fortran_order': False, 'shape': (6)}", 63, "a tuple"));
  EXPECT_TRUE(refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}", 63, "','"));
  EXPECT_TRUE(refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} 1", 68, "end of the header"));
  EXPECT_TRUE(refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)", 66, "'}'"));
  EXPECT_TRUE(refused("{'descr': '<f\\x34', 'fortran_order': False, 'shape': (2, 3)}", 20, "without escapes"));
  EXPECT_TRUE(refused("{'descr': '<f4", 20, "closing quote"));
  EXPECT_TRUE(refused("{'descr': [('a', '<f4'", 32, "']'"));
}

TEST_F(Npy, HostileDimensions) {
  const auto refused = [&](const std::string& shape, std::uint64_t offset, const std::string& expected, const std::string& found) {
    return refuses_to_open(write("d.npy", npy("<f4", shape, raw(six))), offset, expected, found, save_again);
  };
  const std::uint64_t shape_at = 10 + std::string("{'descr': '<f4', 'fortran_order': False, 'shape': (").size();
  EXPECT_TRUE(refused("(-2, 3)", shape_at, "a dimension from 0 to 2^63 - 1", "-2"));
  EXPECT_TRUE(refused("(nan, 3)", shape_at, "a dimension", "nan"));
  EXPECT_TRUE(refused("(2.0, 3)", shape_at + 1, "','", ".0"));
  EXPECT_TRUE(refused("(9223372036854775808, 1)", shape_at, "a dimension", "9223372036854775808"));
  EXPECT_TRUE(refused("(99999999999999999999, 1)", shape_at, "a dimension", "99999999999999999999"));
  EXPECT_TRUE(refused("(4294967296, 4294967296)", 10, "63 bits", "4294967296"));
  EXPECT_TRUE(refused("(9223372036854775807, 9223372036854775807, 0)", 10, "63 bits", "9223372036854775807"));  // a zero does not help
}

TEST_F(Npy, TruncatedBodyAndTrailingBytes) {
  const std::string whole = npy("<f4", "(2, 3)", raw(six));
  const std::uint64_t data = whole.size() - 24;
  EXPECT_TRUE(refuses_to_open(write("t.npy", whole.substr(0, whole.size() - 1)), data, "24 bytes", "23 bytes", "interrupted"));
  EXPECT_TRUE(refuses_to_open(write("x.npy", whole + "z"), data, "24 bytes", "25 bytes", "--lenient"));
  EXPECT_EQ(values(open(folder_ / "x.npy", {.lenient = true, .dtype = {}, .memory_limit = 0})->samples(0, false)), six_values);
  EXPECT_TRUE(refuses_to_open(write("h.npy", npy("<f4", "(1099511627776, 4)", raw(six))), 10 + std::string(header_of_six).size() + 12,
                              "bytes of data", "24 bytes", "interrupted"));
}

TEST_F(Npy, ObjectsAndStructuresAreRefused) {
  const auto path = write("o.npy", npy("|O", "(2, 3)", "pickle"));
  EXPECT_NE(open(path)->tensors()[0].problem, "");
  EXPECT_TRUE(refuses([&] { (void)open(path)->samples(0, false); }, path, 10, "numbers", "pickled", "astype"));
  EXPECT_TRUE(refuses([&] { (void)open(path)->labels(0); }, path, 10, "numbers", "pickled", "astype"));
  EXPECT_TRUE(refuses([&] { (void)open(path)->content_hash(0); }, path, 10, "numbers", "pickled", "astype"));
  const auto fields =
      write("s.npy", npy_text("{'descr': [('a', '<f4'), ('b]', '<f4', (2,))], 'fortran_order': False, 'shape': (2,)}", zeros(24)));
  EXPECT_EQ(open(fields)->tensors()[0].dtype, "structured");
  EXPECT_TRUE(refuses([&] { (void)open(fields)->samples(0, false); }, fields, 10, "numbers", "structured", "one field"));
  for (const char* descr : {"<c8", "<M8", "<m8", "<f16", "V7", "|x9", "f", "", "<"}) {
    const auto odd = write("c.npy", npy(descr, "(0, 2)", ""));
    EXPECT_NE(open(odd)->tensors()[0].problem, "") << descr;
    EXPECT_THROW((void)open(odd)->samples(0, false), FileError) << descr;
  }
}

// Found by fuzzing: a zero byte in the type's name cut the message off.
TEST_F(Npy, HostileTypeNamesDoNotCutTheMessage) {
  for (const std::string ending : {"|V2", "O", "f4", "\n"}) {
    const auto path = write("z.npy", npy(std::string("I\0\x1b\n", 4) + ending, "(0, 2)", ""));
    EXPECT_TRUE(refuses([&] { (void)open(path)->samples(0, false); }, path, 10, "numbers", "", "numpy.save")) << ending;
  }
}

TEST_F(Npy, WhatCannotBeSamplesSaysWhy) {
  const auto whole = write("i.npy", npy("<i8", "(2, 3)", zeros(48)));
  EXPECT_TRUE(refuses([&] { (void)open(whole)->samples(0, false); }, whole, fs::file_size(whole) - 48, "f16, bf16, f32 or f64",
                      "<i8 of shape (2, 3)", "astype('float32')"));
  const auto line = write("1.npy", npy("<f4", "(6,)", raw(six)));
  EXPECT_TRUE(
      refuses([&] { (void)open(line)->samples(0, false); }, line, fs::file_size(line) - 24, "two dimensions", "(6,)", "reshape(-1, 1)"));
  const auto cube = write("3.npy", npy("<f4", "(1, 2, 3)", raw(six)));
  EXPECT_TRUE(
      refuses([&] { (void)open(cube)->samples(0, false); }, cube, fs::file_size(cube) - 24, "two dimensions", "(1, 2, 3)", "reshape"));
  EXPECT_TRUE(refuses([&] { (void)open(cube)->labels(0); }, cube, fs::file_size(cube) - 24, "one value per row", "(1, 2, 3)", "y[:, 0]"));
  EXPECT_THROW((void)open(cube)->samples(1, false), std::out_of_range);
}

TEST_F(Npy, FileThatShrinksOrChangesWhileRead) {
  const std::string whole = npy("<f4", "(2, 3)", raw(six));
  const auto path = write("s.npy", whole);
  const auto file = open(path);
  const SampleMatrix streamed = file->samples(0, false);
  EXPECT_TRUE(refuses_once_shrunk(*streamed.reader(), path));
  EXPECT_TRUE(refuses([&] { (void)file->content_hash(0); }, path, whole.size() - 24, "unchanged", "now has", "run again"));
  write("s.npy", whole);
  fs::last_write_time(path, fs::file_time_type::clock::now() + std::chrono::hours(1));
  std::vector<std::byte> row(12);
  EXPECT_TRUE(refuses([&] { streamed.reader()->read(0, 1, row.data()); }, path, whole.size() - 24, "unchanged", "written to", "run again"));
}

TEST_F(Npy, RowsAreReadByPositionAndBounds) {
  const auto file = open(write("r.npy", npy("<f4", "(2, 3)", raw(six))));
  const SampleMatrix x = file->samples(0, false);
  std::vector<float> row(3);
  x.reader()->read(1, 1, reinterpret_cast<std::byte*>(row.data()));
  EXPECT_EQ(row, (std::vector<float>{4, 5, 6}));
  std::vector<std::byte> out(64);
  EXPECT_THROW(x.reader()->read(1, 2, out.data()), std::out_of_range);
  EXPECT_THROW(x.reader()->read(3, 0, out.data()), std::out_of_range);
}

TEST_F(Npy, MemoryLimitIsCheckedBeforeAllocation) {
  const auto path = folder_ / "sparse.npy";
  const std::string header = npy_text("{'descr': '<f4', 'fortran_order': True, 'shape': (1048576, 4096), }\n", "");
  write("sparse.npy", header);
  fs::resize_file(path, header.size() + (std::uintmax_t{1} << 34));  // 16 GiB of holes
  const auto file = open(path, {.lenient = false, .dtype = {}, .memory_limit = 1 << 20});
  EXPECT_TRUE(refuses([&] { (void)file->samples(0, false); }, path, header.size(), "at most 1048576 bytes in memory", "17179869184 bytes",
                      "raise the memory limit"));
}

TEST_F(Npy, SparseGiantFileIsReadByRows) {
  const auto path = folder_ / "giant.npy";
  const std::string header = npy_text("{'descr': '<f4', 'fortran_order': False, 'shape': (67108864, 4096), }\n", "");
  write("giant.npy", header);
  fs::resize_file(path, header.size() + (std::uintmax_t{1} << 40));  // 1 TiB of holes
  const auto file = open(path);
  const SampleMatrix x = file->samples(0, false);
  EXPECT_EQ(x.n(), 67108864U);
  std::vector<float> row(4096, 1.0F);
  x.reader()->read(67108863, 1, reinterpret_cast<std::byte*>(row.data()));
  EXPECT_EQ(row, std::vector<float>(4096, 0.0F));
}

TEST_F(Npy, ContentHashCoversBytesAndFacts) {
  const auto hash = [&](const std::string& bytes) { return open(write("h.npy", bytes))->content_hash(0); };
  const std::uint64_t base = hash(npy("<f4", "(2, 3)", raw(six)));
  EXPECT_EQ(base, hash(npy("<f4", "(2, 3)", raw(six), false, 2)));  // the header's version is not content
  EXPECT_NE(base, hash(npy("<f4", "(3, 2)", raw(six))));
  EXPECT_NE(base, hash(npy("<i4", "(2, 3)", raw(six))));
  EXPECT_NE(base, hash(npy("<f4", "(2, 3)", raw(six), true)));
  EXPECT_NE(base, hash(npy("<f4", "(2, 3)", raw<float>({1, 2, 3, 4, 5, 7}))));
}

TEST_F(Npy, LabelsOfEveryElementType) {
  const auto names = [&](const std::string& descr, const std::string& payload, const std::string& shape = "(3,)") {
    return open(write("l.npy", npy(descr, shape, payload)))->labels(0).classes().names;
  };
  EXPECT_EQ(names("<i8", raw<std::int64_t>({5, -2, 5})), (std::vector<std::string>{"-2", "5"}));
  EXPECT_EQ(names("<i4", raw<std::int32_t>({5, -2, 5}), "(3, 1)"), (std::vector<std::string>{"-2", "5"}));
  EXPECT_EQ(names("<i2", raw<std::int16_t>({5, -2, 5})), (std::vector<std::string>{"-2", "5"}));
  EXPECT_EQ(names("|i1", raw<std::int8_t>({5, -2, 5})), (std::vector<std::string>{"-2", "5"}));
  EXPECT_EQ(names("|u1", raw<std::uint8_t>({200, 3, 200})), (std::vector<std::string>{"3", "200"}));
  EXPECT_EQ(names("<u2", raw<std::uint16_t>({40000, 3, 3})), (std::vector<std::string>{"3", "40000"}));
  EXPECT_EQ(names("<u4", raw<std::uint32_t>({4000000000U, 3, 3})), (std::vector<std::string>{"3", "4000000000"}));
  EXPECT_EQ(names("|b1", raw<std::uint8_t>({1, 0, 1})), (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(names("|S4", std::string("cat\0dog!cat\0", 12)), (std::vector<std::string>{"cat", "dog!"}));
  EXPECT_EQ(names("<U2", raw<char32_t>({U'\u00e9', U'\U0001F600', U'a', 0, U'a', 0})), (std::vector<std::string>{"a", "\u00e9\U0001F600"}));
  const auto reals = open(write("r.npy", npy("<f4", "(3,)", raw<float>({1.5F, 2, 1.5F}))))->labels(0);
  ASSERT_NE(reals.reals(), nullptr);
  EXPECT_EQ(*reals.reals(), (std::vector<double>{1.5, 2, 1.5}));
  const auto wide = write("w.npy", npy("<u8", "(1,)", raw<std::uint64_t>({~std::uint64_t{0}})));
  EXPECT_TRUE(
      refuses([&] { (void)open(wide)->labels(0); }, wide, fs::file_size(wide) - 8, "below 2^63", "18446744073709551615", "np.unique"));
  const auto lone = write("s.npy", npy("<U1", "(2,)", raw<char32_t>({U'a', 0xD800})));
  EXPECT_TRUE(refuses([&] { (void)open(lone)->labels(0); }, lone, fs::file_size(lone) - 4, "Unicode", "55296", "save"));
  const auto latin = write("b.npy", npy("|S1", "(1,)", "\xE9"));
  EXPECT_TRUE(refuses([&] { (void)open(latin)->labels(0); }, latin, fs::file_size(latin) - 1, "UTF-8", "\\xe9", "decode"));
}

TEST_F(Npy, NumbersAreExactOrRefused) {
  EXPECT_EQ(open(write("n.npy", npy("<i8", "(2,)", raw<std::int64_t>({3, -4}))))->numbers(0), (std::vector<double>{3, -4}));
  EXPECT_EQ(open(write("f.npy", npy("<f2", "(2, 1)", raw<std::uint16_t>({0x3800, 0x3C00}))))->numbers(0), (std::vector<double>{0.5, 1}));
  EXPECT_EQ(open(write("b.npy", npy("|b1", "(2,)", raw<std::uint8_t>({0, 1}))))->numbers(0), (std::vector<double>{0, 1}));
  const auto big = write("x.npy", npy("<i8", "(1,)", raw<std::int64_t>({-(std::int64_t{1} << 53) - 1})));
  EXPECT_TRUE(refuses([&] { (void)open(big)->numbers(0); }, big, fs::file_size(big) - 8, "up to 2^53", "-9007199254740993", "float64"));
  const auto text = write("t.npy", npy("|S1", "(1,)", "a"));
  EXPECT_TRUE(refuses([&] { (void)open(text)->numbers(0); }, text, fs::file_size(text) - 1, "numbers", "another type", "numbers"));
}

}  // namespace
}  // namespace entrospect::io::test
