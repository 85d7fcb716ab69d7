// 96 attention heads of 128 tokens in one call: all threads against one.
#include "entrospect/estimators/attention/attention_entropy.hpp"
#include "limits.hpp"

namespace entrospect::bench {
namespace {

void heads_and_one_thread(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const Eigen::Index t = state.range(1);
  // Column-major here, so a column is a row of attention.
  std::vector<Matrix<float>> values(count, random_matrix<float>(t, t).array().exp().matrix());
  std::vector<AttentionHead> heads;
  for (Matrix<float>& a : values) {
    a.array().rowwise() /= a.array().colwise().sum().eval();
    heads.push_back({SampleMatrix(a.data(), static_cast<std::size_t>(t), static_cast<std::size_t>(t)), "", {}});
  }
  Context one;
  one.threads = 1;
  compare(
      state, [&] { benchmark::DoNotOptimize(attention_rows(heads)); }, [&] { benchmark::DoNotOptimize(attention_rows(heads, {}, one)); });
  const unsigned threads = thread_count({});
  state.counters["threads"] = threads;
  state.counters["speedup_per_thread"] = 1 / (state.counters["ratio"] * threads);
  state.SetLabel("target: speedup_per_thread >= 0.9");
}
BENCHMARK(heads_and_one_thread)->Args({96, 128})->UseManualTime()->Iterations(20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace entrospect::bench
