// The proof that the promises can fail: every estimator of the catalogue with one fault planted must be caught breaking the promise.

#include <gtest/gtest-spi.h>

#include <atomic>

#include "contract/promises.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/estimators/catalogue.hpp"

namespace entrospect {
namespace {

using test::Promise;
using test::Promises;

struct Call {
  Inputs inputs;
  OptionMap options;
  Context context;
};
using Inner = std::function<Estimate(const Call&)>;

struct Fault {
  std::string promise;
  std::function<Estimate(Call, const Inner&)> run;
};

std::vector<double> values_of(const SampleMatrix& x) {
  std::vector<double> out(x.n() * x.d());
  RowLoader(x.plain()).load(0, x.n(), out.data(), x.d());
  return out;
}

void set(OptionMap& options, const std::string& name, const OptionValue& value) {
  std::erase_if(options, [&](const auto& option) { return option.first == name; });
  options.emplace_back(name, value);
}

// A number where the estimator has an error or a status.
Estimate silent(const Call& call, const Inner& run) {
  try {
    Estimate e = run(call);
    e.status = Status::ok;
    return e;
  } catch (const InvalidArgument&) {
    return {};
  }
}

// A number that depends on what it must not depend on.
Estimate shifted(Estimate e, double by) {
  e.value += 1e-9 * by;
  return e;
}

Estimate without_diagnostics(const Call& call, const Inner& run) {
  Estimate e = run(call);
  e.diagnostics = {};
  return e;
}

std::int64_t given_seed(const Call& call) {
  for (const auto& [name, value] : call.options)
    if (name == "seed") return std::get<std::int64_t>(value);
  return 0;
}

const std::vector<Fault>& faults() {
  static const std::vector<Fault> list{
      {"nan_and_inf",
       [](Call call, const Inner& run) {
         std::vector<std::vector<double>> kept;
         for (SampleMatrix& x : call.inputs.samples) {
           kept.push_back(values_of(x));
           for (double& v : kept.back()) v = std::isfinite(v) ? v : 0;
           x = SampleMatrix(kept.back().data(), x.n(), x.d());
         }
         return run(call);
       }},
      {"too_few_rows", silent},
      {"duplicates", without_diagnostics},
      {"constant_columns", without_diagnostics},
      {"equal_rows", silent},
      {"zero_rows",
       [](Call call, const Inner& run) {
         set(call.options, "zero_rows", std::string("drop"));
         return run(call);
       }},
      {"element_types",
       [](const Call& call, const Inner& run) { return shifted(run(call), static_cast<double>(call.inputs.samples.front().dtype())); }},
      {"strides",
       [](const Call& call, const Inner& run) { return shifted(run(call), call.inputs.samples.front().column_stride() < 0 ? 1 : 0); }},
      {"masks",
       [](Call call, const Inner& run) {
         for (SampleMatrix& x : call.inputs.samples) x = SampleMatrix(x.data(), x.dtype(), x.n(), x.d(), x.row_stride(), x.column_stride());
         return run(call);
       }},
      {"repeats",
       [](const Call& call, const Inner& run) {
         static std::atomic<int> calls{0};
         return shifted(run(call), ++calls);
       }},
      {"seed",
       [](Call call, const Inner& run) {
         const std::int64_t seed = given_seed(call);
         set(call.options, "seed", std::int64_t{0});
         Estimate e = run(call);
         if (!e.seed) return shifted(e, static_cast<double>(seed));
         e.seed = static_cast<std::uint64_t>(seed);
         return e;
       }},
      {"threads", [](const Call& call, const Inner& run) { return shifted(run(call), call.context.threads); }},
      {"intervals",
       [](const Call& call, const Inner& run) {
         Estimate e = run(call);
         if (e.std_error) *e.std_error += 1e-6 * std::abs(e.value);
         return e;
       }},
      {"baselines",
       [](const Call& call, const Inner& run) {
         Estimate e = run(call);
         e.diagnostics.set("baseline_excess", e.value);
         return e;
       }},
      {"refusals", silent},
      {"stops",
       [](Call call, const Inner& run) {
         call.context.cancel = nullptr;
         return run(call);
       }},
      {"units",
       [](Call call, const Inner& run) {
         const bool bits = std::any_of(call.options.begin(), call.options.end(),
                                       [](const auto& option) { return option.second == OptionValue(std::string("bits")); });
         set(call.options, "unit", std::string("nats"));
         Estimate e = run(call);
         if (bits) e.unit = Unit::bits;
         return e;
       }},
      {"fixed_unit",
       [](const Call& call, const Inner& run) {
         Estimate e = run(call);
         e.unit = Unit::nats;
         return e;
       }},
  };
  return list;
}

EstimatorInfo planted(const EstimatorInfo& info, const Fault& fault) {
  EstimatorInfo out = info;
  out.run = [inner = info.run, fault = fault.run](const Inputs& inputs, const OptionMap& options, const Context& context) {
    const Inner run = [&inner](const Call& call) { return inner(call.inputs, call.options, call.context); };
    return fault({inputs, options, context}, run);
  };
  return out;
}

const Promise& promise_of(const std::string& name) {
  for (const Promise& promise : test::promises())
    if (promise.name == name) return promise;
  throw InvalidArgument("no promise '" + name + "'");
}

bool caught(const Promise& promise, const EstimatorInfo& info) {
  ::testing::TestPartResultArray failures;
  const ::testing::ScopedFakeTestPartResultReporter reporter(::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD,
                                                             &failures);
  try {
    (Promises(info).*promise.check)();
  } catch (const std::exception&) {
    return true;
  }
  return failures.size() > 0;
}

TEST(PlantedFaults, AreCaughtInEveryEstimator) {
  for (const Fault& fault : faults()) {
    const Promise& promise = promise_of(fault.promise);
    for (const EstimatorInfo* info : catalogue()) {
      if (!promise.applies(*info)) continue;
      EXPECT_TRUE(caught(promise, planted(*info, fault))) << fault.promise << ", " << info->card.name;
    }
  }
}

TEST(PlantedFaultsDeathTest, WritingToTheSamplesIsCaught) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // the pool has threads
  const Fault writes{"read_only_map", [](const Call& call, const Inner& run) {
                       auto* first = const_cast<std::byte*>(call.inputs.samples.front().data());
                       *reinterpret_cast<volatile std::byte*>(first) = std::byte{0};
                       return run(call);
                     }};
  for (const EstimatorInfo* info : catalogue())
    if (promise_of("read_only_map").applies(*info)) {
      EXPECT_DEATH(Promises(planted(*info, writes)).read_only_map(), "") << info->card.name;
    }
}

TEST(PlantedFaults, EveryPromiseHasOne) {
  for (const Promise& promise : test::promises()) {
    const bool dies = promise.name == "read_only_map";  // above
    EXPECT_TRUE(dies || std::any_of(faults().begin(), faults().end(), [&](const Fault& fault) { return fault.promise == promise.name; }))
        << promise.name;
  }
}

}  // namespace
}  // namespace entrospect
