#include "entrospect/spectral/symmetrize.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/spectral/mirror.hpp"

namespace entrospect::detail {
namespace {

std::string entry(std::size_t i, std::size_t j) { return "(" + std::to_string(i) + ", " + std::to_string(j) + ")"; }

template <class T>
[[noreturn]] void refuse_nonfinite(const SymmetricMatrix<T>& a, std::string_view what) {
  std::size_t k = 0;
  while (std::isfinite(a.data()[k])) ++k;
  throw InvalidArgument(std::string(what) + ": entry " + entry(k / a.n(), k % a.n()) + " is " +
                        to_text(OptionValue(static_cast<double>(a.data()[k]))) + "; every entry must be finite");
}

// Of a strip of pairs.
struct Facts {
  double largest = 0, worst = 0;  // |entry|, |entry - mirrored entry|
  std::size_t row = 0, column = 0;
  bool finite = true;
};

}  // namespace

template <class T>
void check_and_symmetrize(SymmetricMatrix<T>& a, double tolerance, std::string_view what, const Context& context) {
  std::vector<Facts> strips(pair_strips(a.n()));
  for_each_pair(a.n(), context, [&](std::size_t strip, std::size_t i, std::size_t j) {
    Facts& f = strips[strip];
    const double x = static_cast<double>(a(i, j)), y = static_cast<double>(a(j, i));
    const double larger = std::max(std::abs(x), std::abs(y)), difference = std::abs(x - y);
    if (!(x * 0 + y * 0 == 0)) f.finite = false;
    if (larger > f.largest) f.largest = larger;
    if (difference > f.worst) {
      f.worst = difference;
      f.row = i;
      f.column = j;
    }
  });
  Facts all;
  for (const Facts& f : strips) {
    if (!f.finite) refuse_nonfinite(a, what);
    all.largest = std::max(all.largest, f.largest);
    if (f.worst > all.worst) {
      all.worst = f.worst;
      all.row = f.row;
      all.column = f.column;
    }
  }
  if (all.worst > tolerance * all.largest)
    throw InvalidArgument(std::string(what) + ": the matrix is not symmetric; entry " + entry(all.row, all.column) +
                          " and its transpose differ by " + to_text(OptionValue(all.worst)) + ", allowed are " +
                          to_text(OptionValue(tolerance * all.largest)) + " (" + to_text(OptionValue(tolerance)) +
                          " of the largest absolute entry); average it with its transpose if both directions mean the same");
  if (all.worst > 0)
    for_each_pair(a.n(), context, [&a](std::size_t, std::size_t i, std::size_t j) {
      if (i != j) a(i, j) = a(j, i) = a(i, j) / 2 + a(j, i) / 2;
    });
}

template void check_and_symmetrize(SymmetricMatrix<double>&, double, std::string_view, const Context&);
template void check_and_symmetrize(SymmetricMatrix<float>&, double, std::string_view, const Context&);

}  // namespace entrospect::detail
