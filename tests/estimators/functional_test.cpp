#include "entrospect/estimators/functional.hpp"

#include <numeric>

#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

std::vector<double> random_weights(std::size_t n, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::exponential_distribution<double> exponential;
  std::vector<double> w(n);
  for (double& v : w) v = exponential(engine);
  return w;
}

naive::Row wide(const std::vector<double>& w) { return naive::normalized({w.begin(), w.end()}); }

TEST(Functional, ClosedForms) {
  for (const std::size_t n : {1, 2, 7, 100}) {
    const std::vector<double> uniform(n, 3.5);
    for (const double q : {0.0, 0.3, 1.0, 2.0, 17.0, kInf})
      EXPECT_TRUE(near(renyi_entropy(uniform, q), std::log(static_cast<double>(n)), 4 * kEps)) << "q " << q << " n " << n;
  }
  EXPECT_EQ(renyi_entropy(std::vector<double>{0, 5, 0}, 1), 0);
  EXPECT_TRUE(near(renyi_entropy(std::vector<double>{3, 1}, 1), 2 * kLn2 - 0.75 * std::log(3.0), 4 * kEps));
  EXPECT_TRUE(near(renyi_entropy(std::vector<double>{3, 1}, 2), -std::log(10.0 / 16), 4 * kEps));
  EXPECT_TRUE(near(renyi_entropy(std::vector<double>{3, 1}, kInf), -std::log(0.75), 4 * kEps));
  EXPECT_TRUE(near(tsallis_entropy(std::vector<double>{3, 1}, 2), 1 - 10.0 / 16, 4 * kEps));
  EXPECT_TRUE(near(tsallis_entropy(std::vector<double>{3, 1}, 0), 1, 4 * kEps));
  EXPECT_EQ(tsallis_entropy(std::vector<double>{3, 1}, kInf), 0);
}

// Long double has 11 more bits, so that the direct formula loses no more than double has down to |q - 1| = 1e-4; nearer, the expansion
// H_1 - s Var(ln p) / 2 - s^2 mu_3 / 6 is exact to s^3.
TEST(Functional, AgreesWithTheDirectFormulaForEveryOrder) {
  const std::vector<double> w = random_weights(200, 5);
  const naive::Row p = wide(w);
  for (const double q : {0.1, 0.5, 0.9, 0.99, 1.01, 1.1, 2.0, 4.0, 30.0, 200.0, 5000.0}) {
    // Above order 100 the direct sum underflows even in long double: the largest weight is taken out first.
    const naive::Real largest = *std::max_element(p.begin(), p.end());
    naive::Real sum = 0;
    for (const naive::Real v : p) sum += std::pow(v / largest, static_cast<naive::Real>(q));
    const naive::Real expected = (q * std::log(largest) + std::log(sum)) / (1 - q);
    EXPECT_TRUE(near(renyi_entropy(w, q), static_cast<double>(expected), 1e-14)) << "order " << q;
  }
}

TEST(Functional, SweepsThroughOrderOneWithoutASeam) {
  const std::vector<double> w = random_weights(64, 6);
  const naive::Row p = wide(w);
  naive::Real h1 = naive::renyi(p, 1), variance = 0, third = 0, fourth = 0;
  for (const naive::Real v : p) {
    const naive::Real c = std::log(v) + h1;
    variance += v * c * c;
    third += v * c * c * c;
    fourth += v * c * c * c * c;
  }
  double previous = kInf;
  for (int i = -100; i <= 100; ++i) {
    const double s = i * 1e-4, q = 1 + s, h = renyi_entropy(w, q);
    // The cumulant expansion of ln E exp(s ln p) to third order; the fourth bounds what is left.
    const naive::Real exact_s = static_cast<naive::Real>(q) - 1;
    const naive::Real series = h1 - exact_s * variance / 2 - exact_s * exact_s * third / 6;
    const double rest = static_cast<double>(std::abs(exact_s * exact_s * exact_s) * (fourth + 3 * variance * variance) / 24);
    EXPECT_LE(std::abs(h - static_cast<double>(series)), 2 * rest + 1e-14) << "order " << q;
    EXPECT_LT(h, previous) << "not falling at order " << q;
    previous = h;
  }
  for (const double s : {1e-12, -1e-12, 1e-9, -1e-9, kEps, -kEps / 2}) {
    const double q = 1 + s;
    EXPECT_TRUE(near(renyi_entropy(w, q), static_cast<double>(h1 - (q - 1) * variance / 2), 4e-15)) << "1 + " << s;
    EXPECT_TRUE(near(tsallis_entropy(w, q), static_cast<double>(h1), 1e-8)) << "1 + " << s;
  }
}

TEST(Functional, LimitsOfTheOrder) {
  const std::vector<double> w = random_weights(30, 7);
  EXPECT_TRUE(near(renyi_entropy(w, 1e-12), std::log(30.0), 1e-10));
  EXPECT_TRUE(near(renyi_entropy(w, 1e15), renyi_entropy(w, kInf), 1e-13));
  double previous = kInf;
  for (const double q : {0.0, 0.2, 0.7, 1.0, 1.3, 2.0, 3.0, 10.0, 1000.0, kInf}) {
    EXPECT_LE(renyi_entropy(w, q), previous) << "order " << q;
    previous = renyi_entropy(w, q);
  }
}

TEST(Functional, NoScaleOverflowsOrUnderflows) {
  const std::vector<double> w{3, 1, 0.5};
  for (const double scale : {1e-300, 1e-150, 1e150, 1e300}) {
    std::vector<double> scaled = w;
    for (double& v : scaled) v *= scale;
    for (const double q : {0.5, 1.0, 2.0, 50.0}) EXPECT_TRUE(near(renyi_entropy(scaled, q), renyi_entropy(w, q), 8 * kEps)) << scale;
  }
}

TEST(Functional, RankToleranceActsBelowOrderOneOnly) {
  const std::vector<double> w{1, 0.5, 1e-17, 3e-18};
  EXPECT_TRUE(near(renyi_entropy(w, 0, 1e-15), kLn2, kEps));
  EXPECT_TRUE(near(renyi_entropy(w, 0), std::log(4.0), kEps));
  const std::vector<double> clean{1, 0.5};
  EXPECT_EQ(renyi_entropy(w, 0.1, 1e-15), renyi_entropy(clean, 0.1));
  EXPECT_GT(renyi_entropy(w, 0.1), renyi_entropy(clean, 0.1) + 0.02);  // the round-off that the tolerance removes is not small
  EXPECT_EQ(renyi_entropy(w, 2, 1e-15), renyi_entropy(w, 2));
}

TEST(Functional, Refusals) {
  const std::vector<double> w{1, 2};
  EXPECT_TRUE(mentions(thrown([&] { renyi_entropy(w, -0.5); }), {"order = -0.5", "[0, inf]"}));
  EXPECT_TRUE(mentions(thrown([&] { renyi_entropy(w, std::nan("")); }), {"order = nan"}));
  EXPECT_TRUE(mentions(thrown([&] { renyi_entropy(std::vector<double>{1, -2}, 1); }), {"weight 1 = -2"}));
  EXPECT_TRUE(mentions(thrown([&] { tsallis_entropy(std::vector<double>{1, kInf}, 1); }), {"weight 1 = inf"}));
  EXPECT_TRUE(std::isnan(renyi_entropy(std::vector<double>{0, 0}, 1)));
}

// The radial form is the largest Shannon entropy at a given purity.
TEST(Functional, RadialEntropy) {
  EXPECT_TRUE(near(radial_entropy(0.38, 3), 1.032797, kPrinted));
  EXPECT_TRUE(near(radial_entropy(0.97 * 0.97 + 0.02 * 0.02 + 0.01 * 0.01, 3), 0.155427, kPrinted));
  EXPECT_EQ(radial_entropy(1, 5), 0);  // a pure state
  EXPECT_TRUE(near(radial_entropy(0.2, 5), std::log(5.0), 4 * kEps));
  for (unsigned seed = 0; seed < 50; ++seed) {
    const std::vector<double> w = random_weights(6, seed);
    EXPECT_GE(radial_entropy(std::exp(-renyi_entropy(w, 2)), 6), renyi_entropy(w, 1) - 8 * kEps);
  }
}

TEST(Bounds, HoldTheTruthAndTightenWithMoreKnowledge) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::vector<double> w = random_weights(40, seed);
    for (double& v : w) v = std::pow(v, 1 + seed % 4);
    std::sort(w.rbegin(), w.rend());
    const auto total = static_cast<double>(std::accumulate(w.begin(), w.end(), 0.0L));
    const double exact = renyi_entropy(w, 1);
    const double squares = std::inner_product(w.begin(), w.end(), w.begin(), 0.0);
    double width = kInf;
    for (const std::size_t known : {1, 3, 10, 25, 39, 40}) {
      const std::span<const double> head(w.data(), known);
      const EntropyBounds plain = shannon_bounds(head, total, 40 - known);
      EXPECT_LE(plain.low, exact + 1e-13) << "seed " << seed << ", " << known << " known";
      EXPECT_GE(plain.high, exact - 1e-13) << "seed " << seed << ", " << known << " known";
      const EntropyBounds tight = shannon_bounds(head, total, 40 - known, squares);
      EXPECT_LE(tight.low, exact + 1e-13) << "seed " << seed << ", " << known << " known, squares known";
      EXPECT_GE(tight.high, exact - 1e-13) << "seed " << seed << ", " << known << " known, squares known";
      EXPECT_LE(tight.high - tight.low, plain.high - plain.low + 1e-13);
      EXPECT_LE(plain.high - plain.low, width + 1e-13);
      width = plain.high - plain.low;
      for (const double q : {0.5, 2.0, 5.0}) {
        const EntropyBounds any = renyi_bounds(head, total, 40 - known, q);
        EXPECT_LE(any.low, renyi_entropy(w, q) + 1e-13) << "order " << q;
        EXPECT_GE(any.high, renyi_entropy(w, q) - 1e-13) << "order " << q;
      }
    }
    EXPECT_LE(width, 1e-12);
  }
}

// With the squares, H_2 is known and every other order is known better.
TEST(Bounds, SquaresTightenEveryOrder) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::vector<double> w = random_weights(40, seed);
    for (double& v : w) v = std::pow(v, 1 + seed % 4);
    std::sort(w.rbegin(), w.rend());
    const double total = sum(w), squares = std::inner_product(w.begin(), w.end(), w.begin(), 0.0);
    for (const std::size_t known : {1, 3, 10, 25, 38, 39})
      for (const double q : {0.0, 0.3, 0.9, 1.0, 1.5, 2.0, 2.5, 5.0, 40.0, kInf}) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(known) + " known, order " + std::to_string(q));
        const std::span<const double> head(w.data(), known);
        const EntropyBounds plain = renyi_bounds(head, total, 40 - known, q), tight = renyi_bounds(head, total, 40 - known, q, squares);
        const double exact = renyi_entropy(w, q);
        EXPECT_LE(tight.low, exact + 1e-13);
        EXPECT_GE(tight.high, exact - 1e-13);
        EXPECT_GE(tight.low, plain.low);
        EXPECT_LE(tight.high, plain.high);
        EXPECT_EQ(missing_weight(head, total, 40 - known, squares), "");
        if (q == 2 && known < 25) {
          EXPECT_LE(tight.high - tight.low, 1e-9);
        }
        if (q == 1.5 && known < 25) {
          EXPECT_LT(tight.high - tight.low, 0.9 * (plain.high - plain.low));
        }
      }
  }
}

// Known weights that are a little wrong: with that error given, the bounds hold the truth. Without it they need not.
TEST(Bounds, AnErrorOfTheKnownWeightsWidensThem) {
  unsigned left_out = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::vector<double> w = random_weights(30, seed);
    std::sort(w.rbegin(), w.rend());
    const double total = sum(w), squares = std::inner_product(w.begin(), w.end(), w.begin(), 0.0);
    std::vector<double> head(w.begin(), w.begin() + 28);
    const double error = 1e-5 * total;
    head.front() += seed % 2 == 0 ? error / 2 : -error / 2;
    head[14] += seed % 3 == 0 ? error / 2 : -error / 2;
    std::sort(head.rbegin(), head.rend());
    for (const double q : {0.5, 1.0, 2.0, 5.0}) {
      const EntropyBounds wide = renyi_bounds(head, total, 2, q, squares, error);
      EXPECT_LE(wide.low, renyi_entropy(w, q) + 1e-9) << seed << ", order " << q;  // of second order in the error
      EXPECT_GE(wide.high, renyi_entropy(w, q) - 1e-9) << seed << ", order " << q;
      const EntropyBounds narrow = renyi_bounds(head, total, 2, q);
      left_out += static_cast<unsigned>(renyi_entropy(w, q) < narrow.low - 1e-9 || renyi_entropy(w, q) > narrow.high + 1e-9);
    }
  }
  EXPECT_GT(left_out, 20U);
}

// Planted: the largest weight is left out of the head. Either the sums tell, or the bounds do not hold the truth, which is what the tests
// above would see.
TEST(Bounds, AMissingLargestWeightIsNoticed) {
  unsigned told = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::vector<double> w = random_weights(40, seed);
    for (double& v : w) v = std::pow(v, 2 + seed % 4);
    std::sort(w.rbegin(), w.rend());
    const double total = sum(w), squares = std::inner_product(w.begin(), w.end(), w.begin(), 0.0);
    const std::span<const double> without(w.data() + 1, 20);
    const std::string message = missing_weight(without, total, 19, squares);
    if (message.empty()) {
      const EntropyBounds b = renyi_bounds(without, total, 19, 5);
      EXPECT_LT(renyi_entropy(w, 5), b.low) << "seed " << seed;
    } else {
      EXPECT_TRUE(mentions(message, {"weights of at most"}));
      EXPECT_TRUE(mentions(thrown([&] { renyi_bounds(without, total, 19, 1, squares); }), {message}));
      ++told;
    }
  }
  EXPECT_EQ(told, 40U);
}

// One known weight of 1/2, the rest at most 1/2 over 3 places. Upper: 1/6 each. Lower: all of it in one.
TEST(Bounds, ClosedForm) {
  const EntropyBounds b = shannon_bounds(std::vector<double>{2}, 4, 3);
  EXPECT_TRUE(near(b.low, kLn2, 1e-13));
  EXPECT_TRUE(near(b.high, kLn2 / 2 + std::log(6.0) / 2, 1e-13));
  // Squares that say "two equal ones": (2, 1, 1, 0).
  const EntropyBounds tight = shannon_bounds(std::vector<double>{2}, 4, 3, 6);
  EXPECT_TRUE(near(tight.low, 1.5 * kLn2, 1e-6));  // the exact answer is an end of the range
  EXPECT_LE(tight.low, 1.5 * kLn2);
  EXPECT_LT(tight.high, b.high);
}

TEST(Bounds, Refusals) {
  EXPECT_TRUE(mentions(thrown([] { shannon_bounds(std::vector<double>{2, 1}, 2, 3); }), {"sum to 3", "total 2"}));
  EXPECT_TRUE(mentions(thrown([] { shannon_bounds(std::vector<double>{1, 2}, 4, 3); }), {"descending"}));
  EXPECT_TRUE(mentions(thrown([] { shannon_bounds(std::vector<double>{2, 1}, 9, 3); }), {"tail of 3", "cannot hold"}));
  EXPECT_TRUE(mentions(thrown([] { shannon_bounds(std::vector<double>{}, 9, 3); }), {"at least one"}));
}

Spectrum head_of(const std::vector<double>& all, std::size_t known, bool squares) {
  Spectrum s;
  s.values.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(known));
  s.complete = known == all.size();
  s.size = s.max_rank = all.size();
  s.trace = std::accumulate(all.begin(), all.end(), 0.0);
  if (squares) s.frobenius2 = std::inner_product(all.begin(), all.end(), all.begin(), 0.0);
  s.psd_tolerance = 1e-10;
  s.rank_tolerance = 1e-14;
  return s;
}

TEST(EntropyOfASpectrum, AnIncompleteOneGivesAnIntervalAndNoRenormalizedHead) {
  std::vector<double> all;
  for (int i = 0; i < 50; ++i) all.push_back(std::pow(0.8, i));
  const double exact = renyi_entropy(all, 1);
  const Estimate wide_one = entropy(head_of(all, 5, false));
  EXPECT_TRUE(std::isnan(wide_one.value));
  EXPECT_EQ(wide_one.status, Status::truncated);
  EXPECT_EQ(wide_one.interval_method, "bounds");
  ASSERT_TRUE(wide_one.interval);
  EXPECT_LT(wide_one.interval->low, exact);
  EXPECT_GT(wide_one.interval->high, exact);
  const Estimate accepted = entropy(head_of(all, 40, true), {.tolerance = 1e-2});
  EXPECT_EQ(accepted.status, Status::ok);
  EXPECT_TRUE(near(accepted, exact, 1e-2));
  const Estimate complete = entropy(head_of(all, 50, true));
  EXPECT_TRUE(near(complete, exact, 1e-15));
  EXPECT_FALSE(complete.interval);
  EXPECT_EQ(entropy(head_of(all, 40, true), {.t = 2}).status, Status::truncated);
}

// Order 2 needs no more than the norms.
TEST(EntropyOfASpectrum, NormsAloneGiveOrderTwo) {
  const std::vector<double> all{4, 2, 1, 1};
  for (const std::size_t known : {0, 1, 3}) {
    const Estimate e = entropy(head_of(all, known, true), {.order = 2});
    EXPECT_EQ(e.status, Status::ok);
    EXPECT_TRUE(near(e, std::log(64.0 / 22), 4 * kEps));
  }
  const Estimate none = entropy(head_of(all, 0, true), {.order = 1});
  EXPECT_EQ(none.status, Status::truncated);
  EXPECT_TRUE(std::isnan(none.value));
  EXPECT_FALSE(none.interval);
}

bool holds(const Estimate& e, double exact) { return e.interval && e.interval->low <= exact + 1e-12 && e.interval->high >= exact - 1e-12; }

// Times other than 1, signs that carry no meaning, traces that nobody knows: each gives an interval that holds the truth.
TEST(EntropyOfASpectrum, EveryTimeAndSignGivesAnInterval) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    std::vector<double> all = random_weights(60, seed);
    for (double& v : all) v = std::pow(v, 1 + seed % 5);
    std::sort(all.rbegin(), all.rend());
    for (const bool indefinite : {false, true})
      for (const std::size_t known : {5, 20, 55})
        for (const double t : {0.5, 1.0, 1.3, 2.0, 3.0, 8.0})
          for (const double q : {0.5, 1.0, 2.0, 3.0, kInf}) {
            std::vector<double> values = all;
            if (indefinite)
              for (std::size_t i = seed % 3; i < values.size(); i += 3) values[i] = -values[i];
            Spectrum s = head_of(values, known, true);
            s.psd_tolerance = kInf;
            s.semidefinite = !indefinite;
            SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(known) + " known, t " + std::to_string(t) + ", order " +
                         std::to_string(q) + (indefinite ? ", indefinite" : ""));
            const double exact = renyi_entropy(power_weights(values, t, 0), q);
            const EntropyOptions options{.order = q, .t = t};
            const Estimate e = entropy(s, options);
            if (e.interval_method == "bounds") {
              EXPECT_TRUE(holds(e, exact)) << e.text();
            }
            EXPECT_TRUE(holds(e, exact) || near(e, exact, 1e-12)) << e.text();
            const double width = e.interval->high - e.interval->low;
            if (t == 2 && q == 1 && known == 55) {
              EXPECT_LT(width, 1e-2);
            }
            Spectrum blind = s;
            blind.frobenius2.reset();
            const Estimate less = entropy(blind, options);
            EXPECT_TRUE(holds(less, exact)) << less.text();
            EXPECT_GE(less.interval->high - less.interval->low, width - 1e-12);
            blind.trace = std::nan("");
            const Estimate least = entropy(blind, options);
            EXPECT_TRUE(holds(least, exact)) << least.text();
            EXPECT_GE(least.interval->high - least.interval->low, less.interval->high - less.interval->low - 1e-12);
          }
  }
}

TEST(EntropyOfASpectrum, WhatDidNotConvergeOrContradictsItselfGivesNoInterval) {
  std::vector<double> all;
  for (int i = 0; i < 50; ++i) all.push_back(std::pow(0.8, i));
  // Planted: the largest eigenvalue is not among the known ones.
  Spectrum without = head_of(all, 8, true);
  without.values.erase(without.values.begin());
  const Estimate e = entropy(without);
  EXPECT_EQ(e.status, Status::not_converged);
  EXPECT_TRUE(mentions(e.reason, {"cannot have the missing sum of squares"}));
  EXPECT_TRUE(std::isnan(e.value));
  EXPECT_FALSE(e.interval);
  without.psd_tolerance = kInf;
  without.semidefinite = true;
  EXPECT_EQ(entropy(without, {.t = 3}).status, Status::not_converged);

  Spectrum failed = head_of(all, 8, true);
  failed.status = Status::not_converged;
  EXPECT_EQ(entropy(failed).status, Status::not_converged);
  EXPECT_FALSE(entropy(failed).interval);

  Spectrum negative = head_of({3, 1, 1, -2}, 3, true);
  EXPECT_TRUE(mentions(thrown([&] { entropy(negative); }), {"not positive semi-definite", "sum to 5", "trace 3"}));
}

// The whole way: a few eigenvalues of a kernel matrix, of its random walk and of a covariance, against all of them.
TEST(EntropyOfASpectrum, LeadingValuesOfMatricesHoldTheEntropyOfAll) {
  if (!lanczos_available()) GTEST_SKIP() << "built without Spectra";
  SpectrumOptions few;
  few.solver.backend = Backend::lanczos;
  for (const double bandwidth : {1.0, 3.0, 10.0}) {
    const Data x = random_data(200, 5, 51);
    const SampleMatrix view = x.view();
    Gram gram;
    gram.kernel.bandwidth = bandwidth;
    Diffusion walk;
    walk.kernel.bandwidth = bandwidth;
    const auto gram_all = spectrum(view, gram), walk_all = spectrum(view, walk);
    double width = kInf;
    for (const std::size_t leading : {3, 10, 30, 80}) {
      few.leading = leading;
      const auto gram_few = spectrum(view, gram, few), walk_few = spectrum(view, walk, few);
      for (const double q : {0.5, 1.0, 2.0, 3.0}) {
        SCOPED_TRACE("bandwidth " + std::to_string(bandwidth) + ", leading " + std::to_string(leading) + ", order " + std::to_string(q));
        const Estimate e = entropy(*gram_few, {.order = q});
        EXPECT_TRUE(holds(e, entropy(*gram_all, {.order = q}).value)) << e.text();
        for (const double t : {1.0, 2.0, 5.0}) {
          const Estimate w = entropy(*walk_few, {.order = q, .t = t});
          EXPECT_TRUE(holds(w, entropy(*walk_all, {.order = q, .t = t}).value)) << w.text();
        }
        if (q == 1) {
          EXPECT_TRUE(e.residual);
          EXPECT_LE(e.interval->high - e.interval->low, width);
          width = e.interval->high - e.interval->low;
        }
      }
    }
    EXPECT_LT(width, bandwidth < 2 ? 0.1 : 1e-3);
  }
}

TEST(EntropyOfASpectrum, UnitsTimesAndCounts) {
  const Spectrum s = head_of({3, 1}, 2, true);
  const Estimate nats = entropy(s), bits = entropy(s, {.unit = Unit::bits}), count = entropy(s, {.unit = Unit::count});
  EXPECT_TRUE(near(bits, nats.value / kLn2, 4 * kEps));
  EXPECT_TRUE(near(count, std::exp(nats.value), 4 * kEps));
  EXPECT_TRUE(near(*bits.cap, 1, 4 * kEps));
  EXPECT_TRUE(near(entropy(s, {.t = 2}), renyi_entropy(std::vector<double>{9, 1}, 1), 4 * kEps));
  EXPECT_TRUE(mentions(thrown([&] { entropy(s, {.t = 0}); }), {"t = 0", "(0, inf)"}));
}

TEST(EntropyOfASpectrum, NegativeEigenvaluesAreRoundOffOrAnError) {
  Spectrum s = head_of({3, 1, -1e-11}, 3, false);
  EXPECT_TRUE(near(entropy(s), renyi_entropy(std::vector<double>{3, 1}, 1), 1e-15));
  s.values.back() = -1e-3;
  EXPECT_TRUE(mentions(thrown([&] { entropy(s); }), {"not positive semi-definite", "-0.001"}));
  s.psd_tolerance = kInf;  // a diffusion operator
  EXPECT_TRUE(near(entropy(s), renyi_entropy(std::vector<double>{3, 1, 1e-3}, 1), 1e-15));
}

}  // namespace
}  // namespace entrospect::testing
