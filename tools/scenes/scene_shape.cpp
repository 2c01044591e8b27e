#include "tools/scenes/scene_shape.h"

#include <algorithm>
#include <cmath>

namespace dlcore {

namespace {

double from_box(double x, double y, double half_width, double half_height) {
  const double dx = std::fabs(x) - half_width;
  const double dy = std::fabs(y) - half_height;
  return std::hypot(std::max(dx, 0.0), std::max(dy, 0.0)) + std::min(std::max(dx, dy), 0.0);
}

// The tip is up at -half, the base at 0.8 half, so that the centre is in the middle of the area.
double from_triangle(double x, double y, double half) {
  constexpr double rise = 1.8, length = 2.0591260281974;  // of a side, per half base: sqrt(1 + 1.8^2)
  const double side = (rise * std::fabs(x) - (y + half)) / length;
  return std::max(side, y - 0.8 * half);
}

}  // namespace

SceneOutline::SceneOutline(const SceneObject& object)
    : shape_(object.shape),
      x_(object.x),
      y_(object.y),
      half_(object.width / 2),
      cosine_(std::cos(object.angle)),
      sine_(std::sin(object.angle)) {}

double SceneOutline::operator()(double x, double y) const {
  const double dx = x - x_;
  const double dy = y - y_;
  const double across = cosine_ * dx + sine_ * dy;
  const double down = cosine_ * dy - sine_ * dx;
  switch (shape_) {
    case SceneShape::circle:
      return std::hypot(dx, dy) - half_;
    case SceneShape::square:
      return from_box(across, down, half_, half_);
    case SceneShape::triangle:
      return from_triangle(across, down, half_);
    case SceneShape::cross:
      return std::min(from_box(across, down, half_, half_ / 3), from_box(across, down, half_ / 3, half_));
  }
  return 0;
}

double visible_share(const std::vector<SceneObject>& objects, std::size_t i) {
  const SceneOutline self(objects[i]);
  std::vector<SceneOutline> hiding;
  for (std::size_t k = i + 1; k < objects.size(); ++k) {
    const SceneOutline other(objects[k]);
    const double near = self.reach() + other.reach();
    if (std::fabs(objects[i].x - objects[k].x) < near && std::fabs(objects[i].y - objects[k].y) < near)
      hiding.push_back(other);
  }
  if (hiding.empty()) return 1;
  constexpr int points = 40;  // in each direction
  int inside = 0, seen = 0;
  for (int row = 0; row < points; ++row)
    for (int column = 0; column < points; ++column) {
      const double x = objects[i].x + self.reach() * (2 * (column + 0.5) / points - 1);
      const double y = objects[i].y + self.reach() * (2 * (row + 0.5) / points - 1);
      if (self(x, y) > 0) continue;
      ++inside;
      seen += std::all_of(hiding.begin(), hiding.end(), [&](const auto& other) { return other(x, y) > 0; });
    }
  return static_cast<double>(seen) / inside;
}

}  // namespace dlcore
