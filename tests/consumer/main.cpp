// The von Neumann entropy of four orthogonal rows is ln 4.
#include <cmath>
#include <cstdio>
#include <entrospect/core/sample_matrix.hpp>
#include <entrospect/estimators/catalogue.hpp>
#include <vector>

int main() {
  const std::vector<double> rows = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
  const auto e =
      entrospect::run("von_neumann_entropy", {.samples = {entrospect::SampleMatrix(rows.data(), 4, 4)}, .labels = {}, .weights = {}});
  std::puts(e.text().c_str());
  return std::abs(e.value - std::log(4.0)) < 1e-12 ? 0 : 1;
}
