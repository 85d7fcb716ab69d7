#include <algorithm>

#include "bindings/io_files.hpp"

namespace entrospect::io::test {
namespace {

using Safetensors = FilesTest;
constexpr const char* write_again = "safetensors library";

const std::vector<float> six{1, 2, 3, 4, 5, 6};
const std::vector<double> six_values{1, 2, 3, 4, 5, 6};

std::string object(const std::string& entries) { return "{" + entries + "}"; }
std::string one(const std::string& name = "x") { return entry(name, "F32", "[2,3]", 0, 24); }

// Offset of the byte behind the last character of `part` in the header.
std::uint64_t behind(const std::string& header, const std::string& part) { return 8 + header.find(part) + part.size(); }

TEST_F(Safetensors, TensorsInNaturalOrder) {
  const std::string header = object(entry("layers.10.w", "F32", "[2,3]", 0, 24) + "," + entry("layers.2.w", "F64", "[1,2]", 24, 40) +
                                    ",\"__metadata__\":{\"format\":\"pt\",\"note\":\"\"}");
  const auto path = write("m.safetensors", safetensors(header + "   ", raw(six) + raw<double>({7, 8})));
  const auto file = open(path);
  ASSERT_EQ(file->tensors().size(), 2U);
  const TensorInfo& first = file->tensors()[0];
  EXPECT_EQ(first.name, "layers.2.w");
  EXPECT_EQ(first.dtype, "F64");
  EXPECT_EQ(first.offset, 8 + header.size() + 3 + 24);
  EXPECT_EQ(first.bytes, 16U);
  EXPECT_EQ(file->tensors()[1].name, "layers.10.w");
  EXPECT_TRUE(file->samples(1, false).streamed());
  EXPECT_EQ(values(file->samples(1, false)), six_values);
  EXPECT_EQ(values(file->samples(1, true)), six_values);
  EXPECT_EQ(values(file->samples(0, true)), (std::vector<double>{7, 8}));
}

TEST_F(Safetensors, EveryElementType) {
  const auto labels = [&](const std::string& dtype, const std::string& payload) {
    return open(write("l.safetensors", safetensors(object(entry("y", dtype, "[3]", 0, payload.size())), payload)))->labels(0);
  };
  const std::vector<std::string> names{"3", "5"};
  EXPECT_EQ(labels("U8", raw<std::uint8_t>({5, 3, 5})).classes().names, names);
  EXPECT_EQ(labels("I8", raw<std::int8_t>({5, 3, 5})).classes().names, names);
  EXPECT_EQ(labels("U16", raw<std::uint16_t>({5, 3, 5})).classes().names, names);
  EXPECT_EQ(labels("I16", raw<std::int16_t>({5, 3, 5})).classes().names, names);
  EXPECT_EQ(labels("U32", raw<std::uint32_t>({5, 3, 5})).classes().names, names);
  EXPECT_EQ(labels("I32", raw<std::int32_t>({5, 3, 5})).classes().names, names);
  EXPECT_EQ(labels("U64", raw<std::uint64_t>({5, 3, 5})).classes().names, names);
  EXPECT_EQ(labels("I64", raw<std::int64_t>({5, 3, 5})).classes().names, names);
  EXPECT_EQ(labels("BOOL", raw<std::uint8_t>({1, 0, 1})).classes().names, (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(*labels("F64", raw<double>({0.5, 1, 2})).reals(), (std::vector<double>{0.5, 1, 2}));
  EXPECT_EQ(*labels("BF16", raw<std::uint16_t>({0x3F00, 0x3F80, 0x4000})).reals(), (std::vector<double>{0.5, 1, 2}));
  EXPECT_EQ(*labels("F16", raw<std::uint16_t>({0x3800, 0x3C00, 0x4000})).reals(), (std::vector<double>{0.5, 1, 2}));
  const auto half =
      open(write("h.safetensors", safetensors(object(entry("x", "BF16", "[1,2]", 0, 4)), raw<std::uint16_t>({0x3F00, 0x4049}))));
  EXPECT_EQ(half->samples(0, false).dtype(), DType::bf16);
  EXPECT_EQ(values(half->samples(0, false)), (std::vector<double>{0.5, 3.140625}));
}

TEST_F(Safetensors, ScalarsEmptyTensorsAndNoTensors) {
  const auto file = open(write("e.safetensors", safetensors(object(entry("a", "F32", "[]", 0, 4) + "," + entry("b", "F32", "[0,5]", 4, 4) +
                                                                   "," + entry("c", "F32", "[1,1]", 4, 8)),
                                                            raw<float>({1, 2}))));
  EXPECT_TRUE(file->tensors()[0].shape.empty());
  EXPECT_NE(file->tensors()[1].problem, "");
  EXPECT_EQ(values(file->samples(2, false)), (std::vector<double>{2}));
  EXPECT_TRUE(open(write("n.safetensors", safetensors("{}", "")))->tensors().empty());
  EXPECT_TRUE(open(write("m.safetensors", safetensors("{\"__metadata__\":{}}", "")))->tensors().empty());
}

TEST_F(Safetensors, UnalignedPayload) {
  std::string header = object(one());
  while ((8 + header.size()) % 4 != 1) header += ' ';
  const auto file = open(write("u.safetensors", safetensors(header, raw(six))));
  EXPECT_EQ(file->tensors()[0].offset % 4, 1U);
  EXPECT_EQ(values(file->samples(0, false)), six_values);
  EXPECT_EQ(values(file->samples(0, true)), six_values);
}

TEST_F(Safetensors, DescriptionsMayStandInAnyOrder) {
  const std::string header = object("\"b\":{\"data_offsets\":[4,8],\"shape\":[1,1],\"dtype\":\"F32\"}," + entry("a", "F32", "[1,1]", 0, 4));
  const auto file = open(write("o.safetensors", safetensors(header, raw<float>({1, 2}))));
  EXPECT_EQ(values(file->samples(0, false)), (std::vector<double>{1}));
  EXPECT_EQ(values(file->samples(1, false)), (std::vector<double>{2}));
}

TEST_F(Safetensors, OtherKeysOfATensorArePassedOver) {
  const std::string header = "{\"x\":{\"dtype\":\"F32\",\"extra\":{\"dtype\":[1,{\"shape\":2}]},\"shape\":[2,3],\"data_offsets\":[0,24]}}";
  EXPECT_EQ(values(open(write("k.safetensors", safetensors(header, raw(six))))->samples(0, false)), six_values);
}

TEST_F(Safetensors, HeaderLongerThanFileOrCap) {
  EXPECT_TRUE(refuses_to_open(write("0.safetensors", ""), 0, "8 bytes", "0 bytes", write_again));
  EXPECT_TRUE(refuses_to_open(write("7.safetensors", zeros(7)), 0, "8 bytes", "7 bytes", write_again));
  EXPECT_TRUE(
      refuses_to_open(write("l.safetensors", little<std::uint64_t>(100) + "{}"), 0, "within the 2 bytes", "100 bytes", write_again));
  EXPECT_TRUE(
      refuses_to_open(write("c.safetensors", little<std::uint64_t>(100000001) + "{}"), 0, "at most 100000000", "100000001", write_again));
  EXPECT_TRUE(refuses_to_open(write("m.safetensors", little(~std::uint64_t{0}) + "{}"), 0, "at most", "18446744073709551615", write_again));
  EXPECT_TRUE(refuses_to_open(write("e.safetensors", little<std::uint64_t>(0)), 8, "begins with '{'", "nothing", write_again));
}

TEST_F(Safetensors, HeaderThatIsNotJson) {
  const auto refused = [&](const std::string& header, std::uint64_t offset, const std::string& expected, const std::string& found) {
    return refuses_to_open(write("j.safetensors", safetensors(header, "")), offset, expected, found, write_again);
  };
  EXPECT_TRUE(refused(" {}", 8, "begins with '{'", "' {}'"));
  EXPECT_TRUE(refused("[]", 8, "begins with '{'", "'[]'"));
  EXPECT_TRUE(refused("\xEF\xBB\xBF{}", 8, "begins with '{'", ""));
  EXPECT_TRUE(refused("{", 9, "JSON in UTF-8", "unexpected end"));
  EXPECT_TRUE(refused("{} x", 12, "JSON in UTF-8", "'{} x'"));
  EXPECT_TRUE(refused("{}{}", 11, "JSON in UTF-8", ""));
  EXPECT_TRUE(refused("{// note\n}", 10, "JSON in UTF-8", ""));
  EXPECT_TRUE(refused(std::string("{}\0{", 4), 10, "JSON in UTF-8", "a zero byte"));
  EXPECT_TRUE(refused("{\"\xFF\":1}", 11, "JSON in UTF-8", "ill-formed UTF-8"));
  EXPECT_TRUE(refused("{\"\xED\xA0\x80\":1}", 12, "JSON in UTF-8", "ill-formed UTF-8"));  // a surrogate
  EXPECT_TRUE(refused("{\"x\":NaN}", 14, "JSON in UTF-8", ""));
}

TEST_F(Safetensors, DuplicateKeysAnywhere) {
  const auto refused = [&](const std::string& header, const std::string& part, const std::string& name) {
    return refuses_to_open(write("d.safetensors", safetensors(header, raw(six))), behind(header, part), "each key once",
                           "'" + name + "' again", write_again);
  };
  EXPECT_TRUE(refused("{" + one() + ",\"x\" :{}}", ",\"x\"", "x"));
  EXPECT_TRUE(refused("{\"__metadata__\":{\"a\":\"1\",\"a\" :\"1\"}}", ",\"a\"", "a"));
  EXPECT_TRUE(refused("{\"x\":{\"dtype\":\"F32\",\"dtype\" :\"F64\"}}", ",\"dtype\"", "dtype"));
  EXPECT_TRUE(refused("{\"__metadata__\":{},\"__metadata__\" :{}}", ",\"__metadata__\"", "__metadata__"));
}

TEST_F(Safetensors, NestingDeeperThan16) {
  const auto nested = [](std::size_t levels) {  // of the whole document
    return "{\"x\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24],\"deep\":" + std::string(levels - 2, '[') +
           std::string(levels - 2, ']') + "}}";
  };
  EXPECT_EQ(values(open(write("16.safetensors", safetensors(nested(16), raw(six))))->samples(0, false)), six_values);
  const std::string header = nested(17);
  EXPECT_TRUE(refuses_to_open(write("17.safetensors", safetensors(header, raw(six))), behind(header, "\"deep\":") + 15, "16 levels", "more",
                              write_again));
  const std::string tower = "{\"x\":{\"deep\":" + std::string(1000000, '[');
  EXPECT_TRUE(
      refuses_to_open(write("t.safetensors", safetensors(tower, "")), behind(tower, "\"deep\":") + 15, "16 levels", "more", write_again));
}

TEST_F(Safetensors, DescriptionsOfTheWrongKind) {
  const auto refused = [&](const std::string& header, const std::string& upto, const std::string& expected, const std::string& found) {
    return refuses_to_open(write("w.safetensors", safetensors(header, raw(six))), behind(header, upto), expected, found, write_again);
  };
  EXPECT_TRUE(refused("{\"x\":1}", "1}", "an object that describes the tensor", "the number 1"));
  EXPECT_TRUE(refused("{\"x\":[1]}", "[", "an object that describes the tensor", "an array"));
  EXPECT_TRUE(refused("{\"x\":{}}", "{\"x\":{}", "dtype, shape and data_offsets", "no 'dtype'"));
  EXPECT_TRUE(refused("{\"x\":{\"dtype\":\"F32\",\"data_offsets\":[0,24]}}", "24]}", "dtype, shape and data_offsets", "no 'shape'"));
  EXPECT_TRUE(refused("{\"x\":{\"dtype\":\"F32\",\"shape\":[6]}}", "[6]}", "dtype, shape and data_offsets", "no 'data_offsets'"));
  EXPECT_TRUE(refused("{\"x\":{\"dtype\":7 }}", "7 ", "a text for 'dtype'", "the number 7"));
  EXPECT_TRUE(refused("{\"x\":{\"dtype\":[\"F32\"]}}", "[", "a text for 'dtype'", "an array"));
  EXPECT_TRUE(refused("{\"x\":{\"shape\":6 }}", "6 ", "an array of numbers for 'shape'", "the number 6"));
  EXPECT_TRUE(refused("{\"x\":{\"shape\":{}}}", "\"shape\":{", "an array of numbers for 'shape'", "an object"));
  EXPECT_TRUE(refused("{\"x\":{\"shape\":[[6]]}}", "[[", "a number in 'shape'", "an array"));
  EXPECT_TRUE(refused("{\"x\":{\"shape\":[\"2\"]}}", "\"2\"", "whole numbers", "the text '2'"));
  EXPECT_TRUE(refused("{\"x\":{\"shape\":[null]}}", "null", "whole numbers", "null"));
  EXPECT_TRUE(refused("{\"x\":{\"data_offsets\":null }}", "null", "an array of numbers for 'data_offsets'", "null"));
  EXPECT_TRUE(refused("{\"x\":{\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[24]}}", "[24]}", "two numbers", "1"));
  EXPECT_TRUE(refused("{\"x\":{\"data_offsets\":[0,1,2 ]}}", "2 ", "two numbers", "more"));
  EXPECT_TRUE(refused("{\"__metadata__\":\"text\"}", "\"text\"", "an object", "the text 'text'"));
  EXPECT_TRUE(refused("{\"__metadata__\":{\"a\":1 }}", "1 ", "a text for 'a'", "the number 1"));
  EXPECT_TRUE(refused("{\"__metadata__\":{\"a\":{}}}", "\"a\":{", "a text for 'a'", "an object"));
  EXPECT_TRUE(refused("{\"__metadata__\":[]}", "[", "an object of texts", "an array"));
}

TEST_F(Safetensors, HostileNumbers) {
  const auto refused = [&](const std::string& number, const std::string& found) {
    const std::string header = "{\"x\":{\"dtype\":\"F32\",\"shape\":[" + number + " ,3],\"data_offsets\":[0,24]}}";
    return refuses_to_open(write("n.safetensors", safetensors(header, raw(six))), behind(header, number + " "),
                           "whole numbers from 0 to 2^63 - 1", found, write_again);
  };
  EXPECT_TRUE(refused("-2", "the number -2"));
  EXPECT_TRUE(refused("2.0", "the number 2.0"));
  EXPECT_TRUE(refused("9223372036854775808", "the number 9223372036854775808"));
  EXPECT_TRUE(refused("99999999999999999999", "the number 1e+20"));
}

TEST_F(Safetensors, ShapeAndOffsetsMustAgree) {
  const auto refused = [&](const std::string& shape, std::uint64_t begin, std::uint64_t end, const std::string& expected,
                           const std::string& found) {
    const std::string header = object(entry("x", "F32", shape, begin, end));
    return refuses_to_open(write("s.safetensors", safetensors(header, raw(six))), 8 + header.size() - 1, expected, found, write_again);
  };
  EXPECT_TRUE(refused("[2,4]", 0, 24, "32 bytes", "24 bytes"));
  EXPECT_TRUE(refused("[4294967296,4294967296]", 0, 24, "63 bits", "4294967296"));
  EXPECT_TRUE(refused("[9223372036854775807,0,9223372036854775807]", 0, 0, "63 bits", "9223372036854775807"));
  EXPECT_TRUE(refused("[2,3]", 24, 0, "begin <= end", "[24, 0]"));
  EXPECT_TRUE(refused("[2,3]", 1, 24, "24 bytes", "23 bytes"));
}

TEST_F(Safetensors, OverlapsHolesAndReorderedOffsets) {
  const auto refused = [&](std::uint64_t a, std::uint64_t b, std::uint64_t size, std::uint64_t at, std::uint64_t wanted,
                           const std::string& found) {
    const std::string header = object(entry("a", "F32", "[3]", a, a + 12) + "," + entry("b", "F32", "[3]", b, b + 12));
    const std::uint64_t data = 8 + header.size();
    return refuses_to_open(write("o.safetensors", safetensors(header, zeros(size))), data + at,
                           "its data at byte " + std::to_string(data + wanted), "byte " + std::to_string(data + at) + found, write_again);
  };
  EXPECT_TRUE(refused(0, 8, 20, 8, 12, " (an overlap)"));
  EXPECT_TRUE(refused(0, 0, 12, 0, 12, " (an overlap)"));
  EXPECT_TRUE(refused(0, 16, 28, 16, 12, " (a hole)"));
  EXPECT_TRUE(refused(4, 16, 28, 4, 0, " (a hole)"));
  EXPECT_TRUE(refused(16, 0, 28, 16, 12, " (a hole)"));
}

TEST_F(Safetensors, TruncatedBodyAndTrailingBytes) {
  const std::string whole = safetensors(object(one()), raw(six));
  const std::uint64_t data = whole.size() - 24;
  EXPECT_TRUE(refuses_to_open(write("t.safetensors", whole.substr(0, whole.size() - 1)), data, "end within the file",
                              std::to_string(whole.size()), "incomplete"));
  EXPECT_TRUE(refuses_to_open(write("x.safetensors", whole + "abc"), whole.size(), "the end of the file", "3 stray bytes", "--lenient"));
  EXPECT_EQ(values(open(folder_ / "x.safetensors", {.lenient = true, .dtype = {}, .memory_limit = 0})->samples(0, false)), six_values);
}

TEST_F(Safetensors, FileThatShrinksWhileRead) {
  const std::string header = "{" + one() + "}", whole = safetensors(header, raw(six));
  const auto path = write("s.safetensors", whole);
  const auto file = open(path);
  const SampleMatrix streamed = file->samples(0, false);
  EXPECT_TRUE(refuses_once_shrunk(*streamed.reader(), path));
}

TEST_F(Safetensors, SparseGiantFileIsReadByRows) {
  const std::string header = "{" + entry("x", "F32", "[67108864,4096]", 0, std::uint64_t{1} << 40) + "}";
  const auto path = write("giant.safetensors", safetensors(header, ""));
  fs::resize_file(path, fs::file_size(path) + (std::uintmax_t{1} << 40));  // 1 TiB of holes
  const auto file = open(path);
  std::vector<float> row(4096, 1.0F);
  file->samples(0, false).reader()->read(67108863, 1, reinterpret_cast<std::byte*>(row.data()));
  EXPECT_EQ(row, std::vector<float>(4096, 0.0F));
}

TEST_F(Safetensors, UnknownTypesLeaveTheOthersUsable) {
  const std::string header =
      object(entry("a", "F4_NEW", "[2,3]", 0, 3) + "," + entry("b", "F8_E4M3", "[1,1]", 3, 4) + "," + entry("x", "F32", "[2,3]", 4, 28));
  const auto path = write("u.safetensors", safetensors(header, zeros(4) + raw(six)));
  const auto file = open(path);
  const auto unknown = [&](std::size_t index, const std::string& upto, const std::string& dtype) {
    return refuses([&] { (void)file->samples(index, false); }, path, behind(header, upto), "a dtype of BOOL", "'" + dtype + "'",
                   "x.to(torch.bfloat16)");
  };
  EXPECT_TRUE(unknown(0, "[0,3]}", "F4_NEW"));
  EXPECT_TRUE(unknown(1, "[3,4]}", "F8_E4M3"));
  EXPECT_NE(file->tensors()[0].problem.find("F4_NEW"), std::string::npos);
  EXPECT_EQ(values(file->samples(2, false)), six_values);
}

TEST_F(Safetensors, HostileNamesStayOnOneLine) {
  const std::string header = object(entry("\\n\\u001b[2J\\u0085" + std::string(10000, 'a'), "F32", "[2,4]", 0, 24));
  try {
    (void)open(write("h.safetensors", safetensors(header, raw(six))));
    FAIL() << "nothing was thrown";
  } catch (const FileError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("\\x0a\\x1b[2J\\xc2\\x85aaa"), std::string::npos) << text;
    EXPECT_EQ(text.find_first_of("\n\x1b"), std::string::npos);
    EXPECT_LT(text.size(), 1000U);
  }
}

TEST_F(Safetensors, HeaderIsBoundedByTheMemoryLimit) {
  const std::string whole = safetensors(object(one()), raw(six));
  EXPECT_TRUE(refuses_to_open(write("m.safetensors", whole), 8, "at most 16 bytes in memory", " bytes", "memory limit",
                              {.lenient = false, .dtype = {}, .memory_limit = 16}));
}

}  // namespace
}  // namespace entrospect::io::test
