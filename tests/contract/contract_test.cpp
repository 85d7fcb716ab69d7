// What every estimator promises, checked for every entry of the catalogue from its card and its field table alone. An estimator that breaks
// a promise for a good reason is listed in `exceptions` with that reason.

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <limits>
#include <numeric>
#include <set>

#include "contract/fixtures.hpp"
#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/catalogue.hpp"

namespace entrospect {
namespace {

using test::Data;

constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

struct Exception {
  std::string estimator, promise, reason;
};
const std::vector<Exception>& exceptions() {
  static const std::vector<Exception> list{
      {"diffusion_spectral_mutual_information", "largest repeats", "a million subsets take hours"},
      {"diffusion_spectral_mutual_information", "duplication", "random subsets of doubled rows are not doubled subsets"},
  };
  return list;
}

bool excepted(const EstimatorInfo& info, const std::string& promise) {
  return std::any_of(exceptions().begin(), exceptions().end(),
                     [&](const Exception& e) { return e.estimator == info.card.name && e.promise == promise; });
}

TEST(ContractExceptions, NameEstimatorsOfTheCatalogueAndAReason) {
  for (const Exception& e : exceptions()) {
    EXPECT_EQ(find_estimator(e.estimator).card.name, e.estimator);
    EXPECT_FALSE(e.reason.empty());
  }
}

::testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << text << "' does not contain '" << part << "'";
}

::testing::AssertionResult close(double found, double expected, double relative) {
  if (std::abs(found - expected) <= relative * std::max(1.0, std::abs(expected))) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure().operator<<(found) << ", expected " << expected << " to " << relative;
}

::testing::AssertionResult same_bits(double found, double expected) {
  if (std::bit_cast<std::uint64_t>(found) == std::bit_cast<std::uint64_t>(expected)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << found << " and " << expected << " differ by " << found - expected;
}

// Every number of two estimates.
::testing::AssertionResult same_bits(const Estimate& a, const Estimate& b) {
  const auto number = [](const std::optional<double>& v) { return v.value_or(0); };
  if (a.std_error.has_value() != b.std_error.has_value() || a.interval.has_value() != b.interval.has_value() || a.status != b.status)
    return ::testing::AssertionFailure() << a.text() << " and " << b.text();
  for (const auto& [x, y] :
       {std::pair(a.value, b.value), std::pair(number(a.std_error), number(b.std_error)), std::pair(number(a.cap), number(b.cap)),
        std::pair(a.interval ? a.interval->low : 0, b.interval ? b.interval->low : 0)})
    if (auto result = same_bits(x, y); !result) return result;
  return ::testing::AssertionSuccess();
}

OptionValue number(const FieldInfo& field, double value) {
  if (field.kind == FieldKind::integer) return static_cast<std::int64_t>(value);
  return value;
}

// The value nearest to the end of a range that is outside.
OptionValue beyond(const FieldInfo& field, double end, bool open, int direction) {
  if (field.kind == FieldKind::integer) return static_cast<std::int64_t>(end) + (open ? 0 : direction);
  return open ? end : std::nextafter(end, direction * infinity);
}

class Contract : public ::testing::TestWithParam<const EstimatorInfo*> {
 protected:
  [[nodiscard]] const EstimatorInfo& info() const { return *GetParam(); }
  [[nodiscard]] const std::string& name() const { return info().card.name; }
  [[nodiscard]] Data data(std::size_t n = 24, std::size_t d = 6, std::uint64_t seed = 1) const { return {info().card, n, d, seed}; }
  [[nodiscard]] Estimate run(const Data& data, const OptionMap& options = {}, const Context& context = {}) const {
    return info().run(data.inputs(), options, context);
  }

  // The message of the InvalidArgument (or its wrong-type sibling) that the call throws.
  template <class Error = InvalidArgument>
  [[nodiscard]] std::string error(const Inputs& inputs, const OptionMap& options = {}) const {
    try {
      return "no error, but " + info().run(inputs, options, {}).text();
    } catch (const Error& e) {
      return e.what();
    }
  }

  // Runs, or says why not: a value that is there is finite or flagged.
  [[nodiscard]] ::testing::AssertionResult sound(const Inputs& inputs, const OptionMap& options) const {
    try {
      const Estimate e = info().run(inputs, options, {});
      if (std::isfinite(e.value) || !e.ok()) return ::testing::AssertionSuccess();
      return ::testing::AssertionFailure() << "not finite, and not flagged: " << e.text();
    } catch (const InvalidArgument& e) {
      if (std::string(e.what()).starts_with(name() + ": ")) return ::testing::AssertionSuccess();
      return ::testing::AssertionFailure() << "the error does not name the estimator: " << e.what();
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Catalogue, Contract, ::testing::ValuesIn(catalogue().begin(), catalogue().end()),
                         [](const auto& entry) { return entry.param->card.name; });

// ---- the card

TEST_P(Contract, TheCardIsComplete) {
  const EstimatorCard& card = info().card;
  EXPECT_EQ(&find_estimator(card.name), &info());
  for (const std::string& alias : card.aliases) {
    EXPECT_EQ(&find_estimator(alias), &info()) << alias;
  }
  for (const std::string& text : {card.summary, card.formula, card.unit, card.range, card.cap, card.cost}) {
    EXPECT_FALSE(text.empty());
  }
  EXPECT_FALSE(card.references.empty());
  ASSERT_FALSE(card.conventions.empty());
  EXPECT_FALSE(card.conventions.front().compat) << "the default is a convention";
  std::set<std::string> ids, names;
  for (const ConventionInfo& convention : card.conventions) {
    EXPECT_TRUE(ids.insert(convention.id).second) << convention.id;
    EXPECT_EQ(convention.compat, !convention.faults.empty()) << convention.id << ": a compat id says what it reproduces";
    for (const auto& [option, value] : convention.preset) {
      EXPECT_TRUE(test::has_option(info(), option)) << convention.id << " sets " << option;
    }
  }
  for (const FieldInfo& field : info().fields) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_FALSE(field.help.empty()) << field.name;
    EXPECT_EQ(checked(field, field.default_value, name()), field.default_value) << field.name << ": the default is in range";
  }
}

TEST_P(Contract, FootprintIsPositiveAndGrows) {
  const Footprint small = info().footprint({}, 100, 10), large = info().footprint({}, 10000, 1000);
  EXPECT_GT(small.bytes, 0);
  EXPECT_GT(large.bytes, small.bytes);
}

// ---- bad data

TEST_P(Contract, NanAndInfAreErrorsNamingTheFirst) {
  for (const double bad : {nan, infinity, -infinity}) {
    Data x = data();
    x.at(7, 2) = x.at(9, 1) = bad;
    const std::string text = error(x.inputs());
    EXPECT_TRUE(contains(text, name() + ": 2 of 24 x 6 values"));
    EXPECT_TRUE(contains(text, "row 7, column 2"));
  }
}

TEST_P(Contract, TooFewRowsOrFeaturesAreErrors) {
  EXPECT_TRUE(contains(error(data(0, 6).inputs()), name() + ": n = 0 rows"));
  EXPECT_TRUE(contains(error(data(1, 6).inputs()), name() + ": n = 1 rows"));
  EXPECT_TRUE(contains(error(data(24, 0).inputs()), name() + ": d = 0 features"));
}

TEST_P(Contract, DuplicatesAreCounted) {
  std::vector<std::size_t> rows(24);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  rows[5] = rows[20] = 3;
  rows[9] = 8;
  const Estimate e = run(data().picked(rows));
  ASSERT_NE(e.diagnostics.find("duplicate_rows"), nullptr);
  EXPECT_EQ(std::get<std::int64_t>(*e.diagnostics.find("duplicate_rows")), 3);
}

TEST_P(Contract, ConstantColumnsAreAllowedAndCounted) {
  Data x = data();
  for (std::size_t i = 0; i < x.n; ++i) x.at(i, 4) = 0.75;
  const Estimate e = run(x);
  EXPECT_TRUE(std::isfinite(e.value)) << e.text();
  ASSERT_NE(e.diagnostics.find("constant_columns"), nullptr);
  EXPECT_EQ(std::get<std::int64_t>(*e.diagnostics.find("constant_columns")), 1);
}

TEST_P(Contract, EqualRowsAreNeverASilentNumber) {
  const Data x = data().picked(std::vector<std::size_t>(24, 2));
  try {
    const Estimate e = run(x);
    EXPECT_EQ(e.status, Status::degenerate) << e.text();
    EXPECT_FALSE(e.reason.empty());
  } catch (const InvalidArgument& e) {
    EXPECT_TRUE(contains(e.what(), name() + ": "));
  }
}

TEST_P(Contract, RowsWithoutADirectionAreAnErrorOrDropped) {
  if (!test::has_option(info(), "zero_rows")) GTEST_SKIP() << "no rows are normalized";
  for (const bool center : {false, true}) {
    if (center && !(test::has_option(info(), "center") && test::has_option(info(), "normalize"))) continue;
    OptionMap options = test::known(info(), {{"normalize", std::string("l2")}, {"center", center}});
    Data x = data(26);
    for (std::size_t i = 0; i < 13; ++i)  // rows i and i + 13 are opposite, so the mean is zero, and rows 11 and 24 are equal to it
      for (std::size_t j = 0; j < x.d; ++j) x.at(i + 13, j) = -(x.at(i, j) = i == 11 ? 0.0 : x.at(i, j));
    EXPECT_TRUE(contains(error(x.inputs(), options), name() + ": 2 rows")) << center;
    EXPECT_TRUE(contains(error(x.inputs(), options), "rows 11, 24")) << center;

    options.emplace_back("zero_rows", std::string("drop"));
    const Estimate dropped = run(x, options);
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < x.n; ++i)
      if (i != 11 && i != 24) left.push_back(i);
    EXPECT_EQ(dropped.n, 24U);
    ASSERT_NE(dropped.diagnostics.find("zero_rows_dropped"), nullptr);
    EXPECT_EQ(std::get<std::int64_t>(*dropped.diagnostics.find("zero_rows_dropped")), 2);
    EXPECT_TRUE(same_bits(dropped.value, run(x.picked(left), options).value)) << center;
  }
}

TEST_P(Contract, WrongInputsAreNamed) {
  const Data x = data();
  Inputs in = x.inputs();
  in.samples.push_back(in.samples.front());
  EXPECT_TRUE(contains(error(in), "takes " + std::to_string(info().card.sample_names.size()) + " sample matrices"));

  in = x.inputs();
  in.labels = Labels(std::vector<std::int64_t>(23, 0));
  EXPECT_TRUE(contains(error(in), "labels"));
  if (info().card.labels == Need::required) {
    in.labels.reset();
    EXPECT_TRUE(contains(error(in), "needs labels"));
  }
  in = x.inputs();
  in.weights.assign(23, 1.0);
  EXPECT_TRUE(contains(error(in), "weights"));
  in.weights.assign(24, info().card.weights == Need::none ? 1.0 : -1.0);
  EXPECT_TRUE(contains(error(in), "weights"));
}

// ---- every layout of the same values gives the same bits

TEST_P(Contract, ElementTypesAgree) {
  const Data x = data();
  const Estimate full = run(x);
  const auto as = [&](DType type) {
    return x.inputs([&](const std::vector<double>& v) {
      switch (type) {
        case DType::f16:
          return test::narrowed<std::uint16_t>(v, type, x.n, x.d, test::narrow_f16);
        case DType::bf16:
          return test::narrowed<std::uint16_t>(v, type, x.n, x.d, test::narrow_bf16);
        case DType::f32:
          return test::narrowed<float>(v, type, x.n, x.d, [](double value) { return static_cast<float>(value); });
        case DType::f64:
          break;
      }
      return SampleMatrix(v.data(), x.n, x.d);
    });
  };
  for (const DType type : {DType::f16, DType::bf16, DType::f32}) {
    EXPECT_TRUE(same_bits(info().run(as(type), {}, {}), full)) << entrospect::name(type);
  }
}

TEST_P(Contract, StridesDoNotMatter) {
  const Data x = data();
  const Estimate packed = run(x);
  const std::size_t n = x.n, d = x.d;
  const auto column = static_cast<std::ptrdiff_t>(n * 8), row = static_cast<std::ptrdiff_t>(d * 8);
  std::vector<std::vector<double>> kept;
  kept.reserve(2 * x.samples.size());
  const auto transposed = x.inputs([&](const std::vector<double>& v) {
    std::vector<double> t(v.size());
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < d; ++j) t[j * n + i] = v[i * d + j];
    kept.push_back(std::move(t));
    return SampleMatrix(kept.back().data(), DType::f64, n, d, 8, column);
  });
  const auto backward = x.inputs([&](const std::vector<double>& v) {
    kept.emplace_back(v.rbegin(), v.rend());
    return SampleMatrix(&kept.back().back(), DType::f64, n, d, -row, -8);
  });
  const auto streamed = x.inputs([&](const std::vector<double>& v) { return test::streamed(v, n, d); });
  EXPECT_TRUE(same_bits(info().run(transposed, {}, {}), packed)) << "Fortran order";
  EXPECT_TRUE(same_bits(info().run(backward, {}, {}), packed)) << "negative strides";
  EXPECT_TRUE(same_bits(info().run(streamed, {}, {}), packed)) << "rows on demand";
}

TEST_P(Contract, ReadOnlyMapsAreOnlyRead) {
  const Data x = data();
  std::vector<std::shared_ptr<void>> maps;
  const auto inputs = x.inputs([&](const std::vector<double>& v) {
    const std::size_t bytes = v.size() * sizeof(double);
    std::FILE* file = std::tmpfile();
    EXPECT_EQ(std::fwrite(v.data(), 1, bytes, file), bytes);
    EXPECT_EQ(std::fflush(file), 0);
    void* map = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fileno(file), 0);
    std::fclose(file);
    EXPECT_NE(map, MAP_FAILED);
    maps.emplace_back(map, [bytes](void* p) { munmap(p, bytes); });
    return SampleMatrix(static_cast<const double*>(map), x.n, x.d);
  });
  EXPECT_TRUE(same_bits(info().run(inputs, {}, {}), run(x)));
}

TEST_P(Contract, MasksSelectRows) {
  const Data x = data();
  const std::vector<std::size_t> rows{0, 1, 2, 3, 5, 8, 9, 12, 13, 14, 17, 20};
  const Data part = x.picked(rows);
  Inputs masked = x.inputs([&](const std::vector<double>& v) { return SampleMatrix(v.data(), x.n, x.d).select(rows); });
  if (part.with_labels) masked.labels = Labels(part.labels);
  EXPECT_TRUE(same_bits(info().run(masked, {}, {}), run(part)));
}

// ---- the same bits, again and again

TEST_P(Contract, RepeatsExactly) {
  const Data x = data();
  const OptionMap seeded = test::known(info(), {{"seed", std::int64_t{7}}});
  const Estimate first = run(x, seeded);
  EXPECT_TRUE(same_bits(run(x, seeded), first));
  if (first.seed) {
    EXPECT_EQ(*first.seed, 7U);
  }
  Memo memo;
  Context context;
  context.memo = &memo;
  EXPECT_TRUE(same_bits(run(x, seeded, context), first)) << "with a memo";
  EXPECT_TRUE(same_bits(run(x, seeded, context), first)) << "from a memo";
}

TEST_P(Contract, SameBitsForAnyNumberOfThreads) {
  const Data x = data(300, 40);
  const OptionMap options = test::known(info(), {{"repeats", 3.0}});
  Context context;
  context.threads = 1;
  const Estimate one = run(x, options, context);
  for (const unsigned threads : {2U, 7U}) {
    context.threads = threads;
    EXPECT_TRUE(same_bits(run(x, options, context), one)) << threads << " threads";
  }
}

TEST_P(Contract, StopsWhenAsked) {
  CancelToken token;
  token.request();
  Context context;
  context.cancel = &token;
  EXPECT_THROW((void)run(data(300, 40), {}, context), Cancelled);
}

// ---- units

TEST_P(Contract, BitsAreNatsOverLnTwo) {
  if (!test::has_choice(info(), "unit", "bits")) GTEST_SKIP() << "the value is a count";
  const Data x = data();
  const Estimate nats = run(x, {{"unit", std::string("nats")}}), bits = run(x, {{"unit", std::string("bits")}});
  EXPECT_EQ(nats.unit, Unit::nats);
  EXPECT_EQ(bits.unit, Unit::bits);
  EXPECT_TRUE(same_bits(run(x), nats)) << "nats by default";
  const double size = std::max(std::abs(nats.value), nats.cap.value_or(0));
  const auto converts = [&](double b, double n) {
    return close(b / size, n / std::log(2.0) / size, 4 * std::numeric_limits<double>::epsilon());
  };
  EXPECT_TRUE(converts(bits.value, nats.value));
  ASSERT_EQ(bits.cap.has_value(), nats.cap.has_value());
  if (nats.cap) {
    EXPECT_TRUE(converts(*bits.cap, *nats.cap));
  }
  ASSERT_EQ(bits.std_error.has_value(), nats.std_error.has_value());
  if (nats.std_error) {
    EXPECT_TRUE(converts(*bits.std_error, *nats.std_error));
  }
  ASSERT_EQ(bits.interval.has_value(), nats.interval.has_value());
  if (nats.interval) {
    EXPECT_TRUE(converts(bits.interval->low, nats.interval->low));
    EXPECT_TRUE(converts(bits.interval->high, nats.interval->high));
  }
}

// ---- options

TEST_P(Contract, OptionsOutsideTheirRangeAreErrors) {
  const Data x = data();
  const Inputs in = x.inputs();
  for (const FieldInfo& field : info().fields) {
    SCOPED_TRACE(field.name);
    const bool whole = field.kind == FieldKind::integer;
    const auto refused = [&](const OptionValue& value) {
      const std::string text = error(in, {{field.name, value}});
      return contains(text, name() + ": " + field.name + " = ") && contains(text, to_text(field.range));
    };
    if (whole || field.kind == FieldKind::number || field.kind == FieldKind::number_or_choice) {
      if (std::isfinite(field.range.low)) {
        EXPECT_TRUE(refused(beyond(field, field.range.low, field.range.low_open, -1)));
      }
      if (std::isfinite(field.range.high)) {
        EXPECT_TRUE(refused(beyond(field, field.range.high, field.range.high_open, 1)));
      }
      if (!whole && std::isinf(field.range.high) && field.range.high_open) {
        EXPECT_TRUE(refused(infinity));
      }
      if (!whole) {
        EXPECT_TRUE(refused(nan));
      }
    } else if (field.kind == FieldKind::choice) {
      const std::string text = error(in, {{field.name, std::string("no-such-word")}});
      for (const std::string& choice : field.choices) {
        EXPECT_TRUE(choice.empty() || contains(text, "'" + choice + "'"));  // the empty word, no compat id, is not listed
      }
    }
  }
}

TEST_P(Contract, OptionsOfTheWrongKindAreWrongTypes) {
  const Data x = data();
  const Inputs in = x.inputs();
  for (const FieldInfo& field : info().fields) {
    SCOPED_TRACE(field.name);
    const bool takes_text = field.kind == FieldKind::choice || field.kind == FieldKind::number_or_choice;
    const OptionValue wrong = takes_text ? OptionValue(true) : OptionValue(std::string("no-such-word"));
    EXPECT_TRUE(contains(error<WrongType>(in, {{field.name, wrong}}), name() + ": " + field.name + " = "));
  }
}

TEST_P(Contract, OptionsAtTheirRangeEndsAreSound) {
  const Data x = data();
  const Inputs in = x.inputs();
  for (const FieldInfo& field : info().fields) {
    SCOPED_TRACE(field.name);
    std::vector<OptionValue> values;
    const auto add = [&](double value) { values.push_back(number(field, value)); };
    if (field.kind == FieldKind::boolean) values = {true, false};
    if (field.kind == FieldKind::integer || field.kind == FieldKind::number || field.kind == FieldKind::number_or_choice) {
      const bool largest = !excepted(info(), "largest " + field.name);
      if (std::isfinite(field.range.low)) add(field.range.low_open ? std::nextafter(field.range.low, infinity) : field.range.low);
      if (largest && (std::isfinite(field.range.high) || !field.range.high_open))
        add(field.range.high_open ? std::nextafter(field.range.high, -infinity) : field.range.high);
      if (largest && std::isinf(field.range.high)) add(1e300);
    }
    for (const std::string& choice : field.choices) values.emplace_back(choice);
    for (const OptionValue& value : values) {
      EXPECT_TRUE(sound(in, {{field.name, value}})) << to_text(value);
    }
  }
}

TEST_P(Contract, UnknownOptionsSuggestTheNearest) {
  const Data x = data();
  const Inputs in = x.inputs();
  for (const FieldInfo& field : info().fields) {
    const std::string typo = "x" + field.name, text = error(in, {{typo, 1.0}});
    EXPECT_TRUE(contains(text, "unknown option '" + typo + "'"));
    const bool too_short = field.name.size() < 3;  // any other letter is as near
    EXPECT_TRUE(too_short || contains(text, "did you mean '" + field.name + "'?"));
  }
  EXPECT_THROW((void)entrospect::run(name() + "z_no_such_estimator", in), InvalidArgument);
  try {
    (void)entrospect::run(name() + "x", in);
    ADD_FAILURE() << "an unknown estimator ran";
  } catch (const InvalidArgument& e) {
    EXPECT_TRUE(contains(e.what(), "did you mean '" + name() + "'"));
  }
}

TEST_P(Contract, WrongIdsListTheValidOnes) {
  const Data x = data();
  const Inputs in = x.inputs();
  for (const char* option : {"convention", "compat"}) {
    const std::string text = error(in, {{option, std::string("no-such-tool")}});
    EXPECT_TRUE(contains(text, "no-such-tool"));
    for (const ConventionInfo& convention : info().card.conventions)
      if (convention.compat == (std::string(option) == "compat")) {
        EXPECT_TRUE(contains(text, "'" + convention.id + "'"));
      }
  }
}

TEST_P(Contract, EveryConventionRunsAndSaysSo) {
  const Data x = data();
  for (const ConventionInfo& convention : info().card.conventions) {
    SCOPED_TRACE(convention.id);
    const Estimate e = run(x, {{convention.compat ? "compat" : "convention", convention.id}});
    EXPECT_TRUE(std::isfinite(e.value)) << e.text();
    EXPECT_EQ(e.compat, convention.compat ? convention.id : "");
    EXPECT_EQ(e.compat_faults, convention.faults);
    if (!convention.compat) {
      EXPECT_EQ(e.convention, convention.id);
    }
    EXPECT_EQ(e.formula, convention.formula.empty() ? info().card.formula : convention.formula);
    EXPECT_TRUE(contains(e.explain(), e.formula));
    EXPECT_TRUE(contains(e.text(), convention.id));
  }
}

// ---- the result

TEST_P(Contract, TheEstimateSaysWhatItIs) {
  const Data x = data();
  const Estimate e = run(x);
  EXPECT_TRUE(std::isfinite(e.value));
  EXPECT_EQ(e.estimator, name());
  EXPECT_EQ(e.convention, info().card.conventions.front().id);
  EXPECT_EQ(e.n, x.n);
  EXPECT_EQ(e.d, x.d);
  for (const std::string& text : {e.formula, e.substituted, e.citation, e.backend_requested, e.backend_used}) {
    EXPECT_FALSE(text.empty());
  }
  ASSERT_TRUE(e.cap.has_value());
  EXPECT_TRUE(e.value <= *e.cap * (1 + 1e-12) || !e.ok() || !e.warnings.empty()) << e.text();
  EXPECT_EQ(e.std_error.has_value() || e.interval.has_value(), !e.interval_method.empty());
  ASSERT_EQ(e.options.size(), info().fields.size());
  for (std::size_t i = 0; i < e.options.size(); ++i) {
    EXPECT_EQ(e.options[i].first, info().fields[i].name);
    EXPECT_EQ(checked(info().fields[i], e.options[i].second, name()), e.options[i].second);
  }
  EXPECT_TRUE(contains(e.text(), name() + " = "));
  for (const std::string& part : {e.formula, e.substituted, e.citation, e.backend_used}) {
    EXPECT_TRUE(contains(e.explain(), part));
  }
  EXPECT_FALSE(contains(e.substituted, "nan"));
}

// ---- laws

TEST_P(Contract, RowOrderDoesNotMatter) {
  const Data x = data(8, 5);
  const OptionMap options = test::known(info(), {{"repeats", std::string("all")}});  // random subsets are drawn by row number
  const Estimate e = run(x, options);
  // n eigenvalues, each to a few n eps of the largest.
  EXPECT_TRUE(close(run(x.picked({5, 2, 7, 0, 3, 6, 1, 4}), options).value, e.value, 1e-12)) << e.text();
}

TEST_P(Contract, AutomaticBandwidthsForgetTheScale) {
  if (!test::has_option(info(), "bandwidth")) GTEST_SKIP() << "no bandwidth";
  for (const FieldInfo& field : info().fields) {
    if (field.name != "bandwidth") continue;
    for (const std::string& rule : field.choices) {
      if (rule == "sqrt_half_d") continue;  // a rule of d alone: the scale matters by definition
      const OptionMap options{{"kernel", std::string("gaussian")}, {"bandwidth", rule}};
      const Estimate e = run(data(), options);
      for (const double c : {0x1p-20, 1e3, 1e-7}) {
        Data scaled = data();
        for (auto& sample : scaled.samples)
          for (double& v : sample) v *= c;
        EXPECT_TRUE(close(run(scaled, options).value, e.value, 1e-11)) << rule << ", c = " << c;
      }
    }
  }
}

TEST_P(Contract, RepeatingEveryRowChangesNothing) {
  if (excepted(info(), "duplication")) GTEST_SKIP() << "excepted";
  const Data x = data(10, 4);
  std::vector<std::size_t> twice(20);
  for (std::size_t i = 0; i < twice.size(); ++i) twice[i] = i / 2;
  const OptionMap options = test::known(info(), {{"bandwidth", 1.5}});  // a median of distances would change
  EXPECT_TRUE(close(run(x.picked(twice), options).value, run(x, options).value, 1e-10));
}

}  // namespace
}  // namespace entrospect
