#pragma once
// A dense symmetric matrix in full storage, row-major; 64-byte aligned so that tiles vectorise.

#include <cstddef>
#include <memory>
#include <span>

namespace entrospect {

template <class T>
class SymmetricMatrix {
 public:
  explicit SymmetricMatrix(std::size_t n);  // uninitialised; throws InvalidArgument when it does not fit the memory that may be used
  [[nodiscard]] std::size_t n() const { return n_; }
  [[nodiscard]] T* data() { return data_.get(); }
  [[nodiscard]] const T* data() const { return data_.get(); }
  T& operator()(std::size_t i, std::size_t j) { return data_[i * n_ + j]; }
  T operator()(std::size_t i, std::size_t j) const { return data_[i * n_ + j]; }
  [[nodiscard]] double trace() const;
  [[nodiscard]] double frobenius2() const;  // fixed-order compensated
  [[nodiscard]] SymmetricMatrix copy() const;

 private:
  struct Free {
    void operator()(T* p) const;
  };
  std::size_t n_;
  std::unique_ptr<T[], Free> data_;
};

extern template class SymmetricMatrix<double>;
extern template class SymmetricMatrix<float>;

}  // namespace entrospect
