#pragma once
// What every estimator promises about its input, its repetition and its unit. contract_test.cpp checks each promise for every entry of the
// catalogue that it applies to; planted_test.cpp checks that estimators which break one are caught.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <limits>
#include <numeric>

#include "contract/subject.hpp"
#include "entrospect/core/context.hpp"
#include "entrospect/estimators/resampling.hpp"

namespace entrospect::test {

inline constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

struct Promises : Subject {
  using Subject::Subject;

  // NaN and Inf are errors that count them and name the first.
  void nan_and_inf() const {
    for (std::size_t s = 0; s < matrices(); ++s)
      for (const double bad : {nan, infinity, -infinity}) {
        Data x = data();
        x.at(7, 2, s) = x.at(9, 1, s) = bad;
        const std::string text = error(x.inputs());
        EXPECT_TRUE(contains(text, about(s) + "2 of 24 x 6 values"));
        EXPECT_TRUE(contains(text, "row 7, column 2"));
      }
  }

  // No rows, one row or no features are errors.
  void too_few_rows() const {
    EXPECT_TRUE(contains(error(data(0, 6).inputs()), about(0) + "n = 0 rows"));
    EXPECT_TRUE(contains(error(data(1, 6).inputs()), about(0) + "n = 1 rows"));
    EXPECT_TRUE(contains(error(data(24, 0).inputs()), about(0) + "d = 0 features"));
  }

  // Rows that repeat are counted.
  void duplicates() const {
    std::vector<std::size_t> rows(24);
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    rows[5] = rows[20] = 3;
    rows[9] = 8;
    const Estimate e = run(data().picked(rows));
    for (std::size_t s = 0; s < matrices(); ++s) {
      const DiagnosticValue* found = e.diagnostics.find(diagnostic(s, "duplicate_rows"));
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(std::get<std::int64_t>(*found), 3);
    }
  }

  // Constant columns are allowed and counted.
  void constant_columns() const {
    for (std::size_t s = 0; s < matrices(); ++s) {
      Data x = data();
      for (std::size_t i = 0; i < x.n; ++i) x.put(i, 4, 0.75, s);
      const Estimate e = run(x);
      EXPECT_TRUE(std::isfinite(e.value)) << e.text();
      const DiagnosticValue* found = e.diagnostics.find(diagnostic(s, "constant_columns"));
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(std::get<std::int64_t>(*found), 1);
    }
  }

  // Equal rows are an error or degenerate, never a silent number.
  void equal_rows() const {
    const Data varied = data(), equal = varied.picked(std::vector<std::size_t>(24, 2));
    for (std::size_t s = 0; s < matrices(); ++s) {
      Data x = varied;
      x.samples[s] = equal.samples[s];
      try {
        const Estimate e = run(x);
        EXPECT_EQ(e.status, Status::degenerate) << e.text();
        EXPECT_FALSE(e.reason.empty());
      } catch (const InvalidArgument& e) {
        EXPECT_TRUE(contains(e.what(), about(s)));
      }
    }
  }

  // Rows without a direction are an error, or dropped and counted.
  void zero_rows() const {
    for (const bool center : {false, true}) {
      if (center && !(has_option(info(), "center") && has_option(info(), "normalize"))) continue;
      OptionMap options = known(info(), {{"normalize", std::string("l2")}, {"center", center}});
      Data x = data(26);
      for (std::size_t i = 0; i < 13; ++i)  // rows i and i + 13 are opposite, so the mean is zero, and rows 11 and 24 are equal to it
        for (std::size_t j = 0; j < x.d; ++j) x.at(i + 13, j) = -(x.at(i, j) = i == 11 ? 0.0 : x.at(i, j));
      EXPECT_TRUE(contains(error(x.inputs(), options), about(0) + "2 rows")) << center;
      EXPECT_TRUE(contains(error(x.inputs(), options), "rows 11, 24")) << center;

      options.emplace_back("zero_rows", std::string("drop"));
      const Estimate dropped = run(x, options);
      std::vector<std::size_t> left;
      for (std::size_t i = 0; i < x.n; ++i)
        if (i != 11 && i != 24) left.push_back(i);
      EXPECT_EQ(dropped.n, 24U);
      ASSERT_NE(dropped.diagnostics.find("zero_rows_dropped"), nullptr);
      EXPECT_EQ(std::get<std::int64_t>(*dropped.diagnostics.find("zero_rows_dropped")), 2);
      const Data fewer = x.picked(left);
      Inputs rest = fewer.inputs();
      if (!info().card.paired)  // the rows of the others are their own
        for (std::size_t s = 1; s < matrices(); ++s) rest.samples[s] = x.inputs().samples[s];
      EXPECT_TRUE(same_bits(dropped.value, info().run(rest, options, {}).value)) << center;
    }
  }

  // The same values in f16, bf16, f32 and f64 give the same bits.
  void element_types() const {
    const Data x = data();
    const Estimate full = run(x);
    const auto as = [&](DType type) {
      return x.inputs([&](const std::vector<double>& v) {
        switch (type) {
          case DType::f16:
            return narrowed<std::uint16_t>(v, type, x.n, x.d, narrow_f16);
          case DType::bf16:
            return narrowed<std::uint16_t>(v, type, x.n, x.d, narrow_bf16);
          case DType::f32:
            return narrowed<float>(v, type, x.n, x.d, [](double value) { return static_cast<float>(value); });
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

  // So do Fortran order, negative strides and rows on demand.
  void strides() const {
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

  // Samples are only read: a read-only map serves.
  void read_only_map() const {
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

  // A selection of rows is the same as a copy of them.
  void masks() const {
    Data x = data();
    const std::vector<std::size_t> rows{0, 1, 2, 3, 5, 8, 9, 12, 13, 14, 17, 20};
    // So that every quantity sees which rows they are: a direction less, and three of them far from the rest, a cluster and a spike of
    // their own that the first twelve rows do not have.
    for (const std::size_t row : rows) x.put(row, 5, 0);
    for (const std::size_t row : {12U, 13U, 14U}) {
      x.put(row, 3, 16);
      x.put(row, 4, -16);
    }
    const Data part = x.picked(rows);
    Inputs masked = x.inputs([&](const std::vector<double>& v) { return SampleMatrix(v.data(), x.n, x.d).select(rows); });
    if (part.with_labels) masked.labels = Labels(part.labels);
    const Estimate e = info().run(masked, {}, {});
    EXPECT_TRUE(same_bits(e, run(part)));
    EXPECT_EQ(e.n, part.n);
  }

  // The same call gives the same bits, with a memo too.
  void repeats() const {
    const Data x = data();
    const OptionMap seeded = known(info(), {{"seed", std::int64_t{7}}});
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

  // Where random numbers are drawn the seed names them and is reported; elsewhere it changes nothing.
  void seed() const {
    const Data x = data();
    const auto seeded = [&](std::int64_t seed) { return run(x, {{"seed", seed}}); };
    const Estimate first = seeded(1);
    bool differs = false;
    for (const std::int64_t other : {2, 3, 4}) {
      const Estimate e = seeded(other);
      EXPECT_EQ(e.seed.has_value(), first.seed.has_value());
      if (first.seed) {
        EXPECT_EQ(e.seed.value_or(0), static_cast<std::uint64_t>(other));
      }
      differs = differs || !same_bits(e.value, first.value);
    }
    EXPECT_EQ(differs, first.seed.has_value()) << "seeds change the value where, and only where, random numbers are drawn";
  }

  // Any number of threads gives the same bits.
  void threads() const {
    const OptionMap options = known(info(), {{"repeats", 3.0}});
    Data x = data(520, 1030);                                        // several tiles of a Gram matrix and blocks of a pass
    if (!std::isfinite(run(x, options).value)) x = data(1030, 520);  // a determinant needs n >= d
    Context context;
    context.threads = 1;
    const Estimate one = run(x, options, context);
    for (const unsigned threads : {2U, 7U}) {
      context.threads = threads;
      EXPECT_TRUE(same_bits(run(x, options, context), one)) << threads << " threads";
    }
  }

  // interval = jackknife with as many blocks as rows leaves out each row once, which copies of the data do too.
  void intervals() const {
    const Data x = data(12, 4);
    const OptionMap few = known(info(), {{"repeats", 3.0}});
    const std::size_t blocks = info().card.resampling == Resampling::groups ? 3 : x.n;  // one item each
    OptionMap asked = few;
    asked.insert(asked.end(),
                 {{"interval", std::string("jackknife")}, {"blocks", static_cast<std::int64_t>(blocks)}, {"seed", std::int64_t{5}}});
    OptionMap seeded = few;
    seeded.emplace_back("seed", std::int64_t{5});
    const Estimate plain = run(x, seeded), e = run(x, asked);
    EXPECT_TRUE(same_bits(e.value, plain.value));
    EXPECT_EQ(e.seed, std::optional<std::uint64_t>(5));
    EXPECT_EQ(e.interval_method, "jackknife");
    ASSERT_TRUE(e.std_error && e.interval) << e.text();
    EXPECT_LE(e.interval->low, e.value);
    EXPECT_GE(e.interval->high, e.value);
    for (const unsigned threads : {1U, 2U, 7U}) {
      Context context;
      context.threads = threads;
      EXPECT_TRUE(same_bits(run(x, asked, context), e)) << threads << " threads";
    }
    asked[few.size()].second = std::string("subsample");
    asked.emplace_back("replicates", std::int64_t{30});
    const Estimate half = run(x, asked);
    EXPECT_EQ(half.interval_method, "subsample");
    EXPECT_TRUE(half.std_error && half.interval) << half.text();

    const bool by_row = info().card.paired && info().card.resampling != Resampling::groups;
    const Resampler resampler(info().card, x.inputs(), false, 5);  // where blocks are not single rows, tested on its own
    std::vector<double> values;
    for (std::size_t left_out = 0; left_out < blocks; ++left_out) {
      std::vector<std::size_t> rows(x.n);
      std::iota(rows.begin(), rows.end(), std::size_t{0});
      rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(left_out));
      const Inputs part = by_row ? Inputs{} : resampler.without_blocks(blocks)(left_out).inputs;
      values.push_back(by_row ? run(x.picked(rows), seeded).value : info().run(part, seeded, {}).value);
    }
    const auto n = static_cast<double>(blocks);
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const double v : values) squares += (v - mean) * (v - mean);
    const double size = std::max(std::abs(e.value), 1e-300);
    EXPECT_TRUE(close(*e.std_error / size, std::sqrt((n - 1) / n * squares) / size, 1e-11));
    EXPECT_TRUE(close(std::get<double>(*e.diagnostics.find("bias")) / size, (n - 1) * (mean - e.value) / size, 1e-11));
  }

  // baseline draws noise of the same shape: its mean is finite, the score is 0 there and 1 at the cap, and the value stays.
  void baselines() const {
    Data x = data();
    for (std::size_t i = 0; i < x.n; ++i) x.at(i, 0) *= 16;  // a spike that shuffling leaves: no baseline is 0
    const OptionMap few = known(info(), {{"repeats", 3.0}});
    for (const char* word : {"gaussian", "shuffled"}) {
      OptionMap asked = few;
      asked.insert(asked.end(), {{"baseline", std::string(word)}, {"baseline_draws", std::int64_t{4}}});
      const Estimate e = run(x, asked);
      EXPECT_TRUE(same_bits(e.value, run(x, few).value));
      for (const char* key : {"baseline_mean", "baseline_std_error", "baseline_excess"}) {
        ASSERT_NE(e.diagnostics.find(key), nullptr) << key << ": " << e.text();
      }
      const auto number = [&](const char* key) { return std::get<double>(*e.diagnostics.find(key)); };
      EXPECT_TRUE(same_bits(number("baseline_excess"), e.value - number("baseline_mean")));
      if (e.diagnostics.find("baseline_score") != nullptr) {
        EXPECT_TRUE(close(number("baseline_score") * (*e.cap - number("baseline_mean")), number("baseline_excess"), 1e-12));
      }
      Context context;
      context.threads = 2;
      EXPECT_TRUE(same_bits(std::get<double>(*run(x, asked, context).diagnostics.find("baseline_mean")), number("baseline_mean"))) << word;
    }
  }

  static bool refuses_intervals(const EstimatorInfo& info) { return info.card.resampling == Resampling::none; }
  static bool refuses_baselines(const EstimatorInfo& info) {
    return info.card.resampling == Resampling::similarities || info.card.sample_names.empty() || of_probabilities(info.card);
  }

  // Where no part of the data is a smaller sample an interval is refused, and where noise is no such data a baseline.
  void refusals() const {
    const Data x = data();
    for (const char* word : {"jackknife", "subsample"})
      if (refuses_intervals(info())) {
        EXPECT_TRUE(contains(error(x.inputs(), {{"interval", std::string(word)}}), name() + ": interval = '" + word));
      }
    for (const char* word : {"gaussian", "shuffled"})
      if (refuses_baselines(info())) {
        EXPECT_TRUE(contains(error(x.inputs(), {{"baseline", std::string(word)}}), name() + ": baseline = '" + word));
      }
  }

  // A requested stop is obeyed.
  void stops() const {
    CancelToken token;
    token.request();
    Context context;
    context.cancel = &token;
    EXPECT_THROW((void)run(data(300, 40), {}, context), Cancelled);
  }

  // Bits are nats over ln 2, for every number of the estimate.
  void units() const {
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

  // A value without a choice of unit has that of the card.
  void fixed_unit() const { EXPECT_EQ(entrospect::name(run(data()).unit), info().card.unit); }
};

struct Promise {
  std::string name;
  void (Promises::*check)() const;
  bool (*applies)(const EstimatorInfo&);
};

inline const std::vector<Promise>& promises() {
  using P = Promises;
  const auto every = [](const EstimatorInfo&) { return true; };
  const auto of_samples = [](const EstimatorInfo& info) { return !info.card.sample_names.empty(); };
  // Equal distributions are as good as others.
  const auto of_varied = [](const EstimatorInfo& info) { return !info.card.sample_names.empty() && !of_probabilities(info.card); };
  // Equal bins between the extremes of a feature: a constant feature is refused, not counted.
  const auto without_bins = [](const EstimatorInfo& info) {
    return !info.card.sample_names.empty() && info.card.name != "classic_shannon_entropy";
  };
  const auto in_bits = [](const EstimatorInfo& info) { return has_choice(info, "unit", "bits"); };
  static const std::vector<Promise> list{
      {"nan_and_inf", &P::nan_and_inf, of_samples},
      {"too_few_rows", &P::too_few_rows, of_samples},
      {"duplicates", &P::duplicates, of_samples},
      {"constant_columns", &P::constant_columns, without_bins},
      {"equal_rows", &P::equal_rows, of_varied},
      {"zero_rows", &P::zero_rows, [](const EstimatorInfo& info) { return has_option(info, "zero_rows"); }},
      {"element_types", &P::element_types, of_samples},
      {"strides", &P::strides, of_samples},
      {"read_only_map", &P::read_only_map, of_samples},
      {"masks", &P::masks, without_bins},
      {"repeats", &P::repeats, every},
      {"seed", &P::seed, [](const EstimatorInfo& info) { return has_option(info, "seed"); }},
      {"threads", &P::threads, every},
      {"intervals", &P::intervals, [](const EstimatorInfo& info) { return !P::refuses_intervals(info); }},
      {"baselines", &P::baselines, [](const EstimatorInfo& info) { return !P::refuses_baselines(info); }},
      {"refusals", &P::refusals, [](const EstimatorInfo& info) { return P::refuses_intervals(info) || P::refuses_baselines(info); }},
      {"stops", &P::stops, every},
      {"units", &P::units, in_bits},
      {"fixed_unit", &P::fixed_unit, [](const EstimatorInfo& info) { return !has_choice(info, "unit", "bits"); }},
  };
  return list;
}

}  // namespace entrospect::test
