/* The kernels' own launchers under other names, so that runtime.cc can record
 * a launch where a stream is being captured. */
#define kernel_image emulated_image
#define kernel_conv_naive emulated_conv_naive
#define kernel_conv_tile emulated_conv_tile
#define kernel_point emulated_point
#define kernel_pool emulated_pool
#define kernel_mean emulated_mean
#define kernel_dense emulated_dense
#define kernel_exit emulated_exit
#define kernel_empty emulated_empty
#define kernel_matmul emulated_matmul
