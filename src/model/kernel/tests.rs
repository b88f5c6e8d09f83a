//! Every version of an operation against plain arithmetic, and against each other to the bit.

mod attention;
mod heads;

use proptest::prelude::*;

use super::*;

/// Numbers between -1 and 1, always the same ones.
fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// What a job gives on each kind of processor that is here: the same bytes.
fn on_all(job: impl Fn(Processor) -> Vec<f32>) -> Vec<f32> {
    let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let all = Processor::all();
    let first = job(all[0]);
    for kind in &all[1..] {
        assert_eq!(bits(&job(*kind)), bits(&first), "{kind:?} and {:?}", all[0]);
    }
    first
}

struct Multiply<'a>(&'a Matrix, &'a [f32], usize, Bits, &'a mut [f32]);

impl Job for Multiply<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let mut rows = Quantized::default();
        rows.fill(isa, self.1, self.2, self.3);
        self.0.multiply(isa, &rows, self.4);
    }
}

fn pack(values: &[i8], scales: &[f32], bias: &[f32]) -> Matrix {
    let mut matrix = Matrix::default();
    matrix.add(&values.iter().map(|v| v.cast_unsigned()).collect::<Vec<_>>(), scales, bias);
    matrix
}

/// A matrix, and the numbers that its weights stand for.
fn matrix(seed: u64, columns: usize, width: usize) -> (Matrix, Vec<f32>, Vec<f32>) {
    let values: Vec<i8> = numbers(seed, columns * width).iter().map(|x| (x * 127.9) as i8).collect();
    let scales: Vec<f32> =
        numbers(seed + 1, columns * width / GROUP).iter().map(|x| x.abs() / 100.0).collect();
    let bias = numbers(seed + 2, columns);
    let plain = values.iter().enumerate().map(|(i, v)| f32::from(*v) * scales[i / GROUP]).collect();
    (pack(&values, &scales, &bias), plain, bias)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn products_are_those_of_the_numbers(
        seed in 0u64..1000, tiles in 1usize..4, panels in 1usize..4, groups in 1usize..8, many in any::<bool>(),
    ) {
        let (rows, columns, width) = (tiles * TILE, panels * BLOCK, groups * GROUP);
        let (matrix, plain, bias) = matrix(seed, columns, width);
        let (bits, steps) = if many { (Bits::Many, 32_638.0) } else { (Bits::Few, 254.0) };
        let x = numbers(seed + 3, rows * width);
        let y = on_all(|kind| {
            let mut out = vec![0.0; rows * columns];
            kind.run(Multiply(&matrix, &x, width, bits, &mut out));
            out
        });
        for (i, y) in y.iter().enumerate() {
            let (row, column) = (i / columns, i % columns);
            let weights = &plain[column * width..][..width];
            let pairs = x[row * width..][..width].iter().zip(weights);
            let exact: f64 = pairs.map(|(a, b)| f64::from(a * b)).sum::<f64>() + f64::from(bias[column]);
            // Each value is off by half a step at most, of those from -1 to 1.
            let most: f32 = weights.iter().map(|w| w.abs() / steps).sum();
            prop_assert!((f64::from(*y) - exact).abs() < f64::from(most) + 1e-4, "{y} for {exact}");
        }
    }
}

struct Inner<'a>(&'a Matrix, &'a Matrix, &'a [f32], usize, &'a mut [f32]);

impl Job for Inner<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let (mut rows, mut inner) = (Quantized::default(), Quantized::default());
        rows.fill(isa, self.2, self.3, Bits::Few);
        self.0.activate(isa, &rows, &mut inner);
        self.1.multiply(isa, &inner, self.4);
    }
}

#[test]
fn a_product_is_activated_and_quantized_whatever_the_number_of_tiles() {
    let (width, between, columns) = (GROUP, 2 * GROUP, BLOCK);
    let ((up, up_plain, up_bias), (down, down_plain, _)) =
        (matrix(1, between, width), matrix(5, columns, between));
    for tiles in [1, 3, 4, 5, 9] {
        let x = numbers(9, tiles * TILE * width);
        let y = on_all(|kind| {
            let mut out = vec![0.0; tiles * TILE * columns];
            kind.run(Inner(&up, &down, &x, width, &mut out));
            out
        });
        let sum = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let length = |v: &[f32]| sum(v, v).sqrt();
        for (x, y) in x.chunks(width).zip(y.chunks(columns)) {
            let mut inner: Vec<f32> =
                up_plain.chunks(width).zip(&up_bias).map(|(w, b)| sum(w, x) + b).collect();
            math::gelu(&mut inner);
            for (c, (y, weights)) in y.iter().zip(down_plain.chunks(between)).enumerate() {
                let off = y - sum(weights, &inner) - numbers(7, columns)[c];
                assert!(off.abs() < 0.02 * length(weights) * length(&inner), "{tiles} tiles: off by {off}");
            }
        }
    }
}

#[test]
fn the_greatest_weights_and_activations_are_not_saturated() {
    for (w, bits) in [127i8, -127, -128].into_iter().flat_map(|w| [(w, Bits::Few), (w, Bits::Many)]) {
        // The least and the greatest value in turn, as the signs of the weights have it or not.
        for sign in [1.0, -1.0] {
            let one = |i: usize| if i.is_multiple_of(3) { sign } else { -sign };
            let weights: Vec<i8> = (0..BLOCK * 2 * GROUP).map(|i| if i % 2 == 0 { w } else { 127 }).collect();
            let matrix = pack(&weights, &[1.0; BLOCK * 2], &[0.0; BLOCK]);
            let x: Vec<f32> = (0..TILE * 2 * GROUP).map(one).collect();
            let y = on_all(|kind| {
                let mut out = vec![0.0; TILE * BLOCK];
                kind.run(Multiply(&matrix, &x, 2 * GROUP, bits, &mut out));
                out
            });
            for (row, y) in x.chunks(2 * GROUP).zip(y.chunks(BLOCK)) {
                let exact: f32 = row.iter().zip(&weights).map(|(x, w)| x * f32::from(*w)).sum();
                assert!(y.iter().all(|y| (y - exact).abs() < 0.02), "{} for {exact}", y[0]);
            }
        }
    }
}

#[test]
fn a_group_of_equal_numbers_is_exact() {
    for (x, bits) in [0.0, 1.0, -3.5, 1e-31, 1e30].into_iter().flat_map(|x| [(x, Bits::Few), (x, Bits::Many)])
    {
        let matrix = pack(&[1; BLOCK * GROUP], &[1.0; BLOCK], &[0.0; BLOCK]);
        let y = on_all(|kind| {
            let mut out = vec![0.0; TILE * BLOCK];
            kind.run(Multiply(&matrix, &[x; TILE * GROUP], GROUP, bits, &mut out));
            out
        });
        let exact = x * GROUP as f32;
        assert!(y.iter().all(|y| (y - exact).abs() <= exact.abs() * 1e-6), "{} for {exact}", y[0]);
    }
}

struct Apply<'a>(&'a Dense, &'a [f32], &'a mut Vec<f32>);

impl Job for Apply<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        self.0.multiply(isa, self.1, self.2);
    }
}

#[test]
fn a_dense_matrix_takes_any_number_of_rows_and_columns() {
    for (rows, columns, width) in [(1, 1, 1), (3, 46, 384), (4, 48, 7), (5, 49, 33), (9, 100, 2)] {
        let (w, bias) = (numbers(1, columns * width), numbers(2, columns));
        let (dense, x) = (Dense::pack(&w, &bias), numbers(3, rows * width));
        let y = on_all(|kind| {
            let mut out = Vec::new();
            kind.run(Apply(&dense, &x, &mut out));
            out
        });
        assert_eq!(y.len(), rows * columns);
        for (i, y) in y.iter().enumerate() {
            let pairs = x[i / columns * width..][..width].iter().zip(&w[i % columns * width..][..width]);
            let exact: f32 = pairs.map(|(a, b)| a * b).sum::<f32>() + bias[i % columns];
            assert!((y - exact).abs() < 1e-4, "{y} for {exact}");
        }
    }
}

struct Mix<'a>(&'a [f32], &'a [Columns], &'a Columns, &'a mut [f32]);

impl Job for Mix<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let n = self.1.len();
        let out = Tile { numbers: self.3, apart: BLOCK };
        isa.outer(std::array::from_fn(|r| &self.0[r * n..][..n]), self.1, self.2, out);
    }
}

#[test]
fn columns_are_mixed_by_the_weights_of_each_row() {
    let first = Columns(std::array::from_fn(|c| c as f32));
    for n in [1, 2, BLOCK - 1, BLOCK] {
        let (weights, columns) = (numbers(4, TILE * n), numbers(5, n * BLOCK));
        let columns: Vec<Columns> = columns.as_chunks().0.iter().map(|c| Columns(*c)).collect();
        let y = on_all(|kind| {
            let mut out = [7.0; TILE * BLOCK];
            kind.run(Mix(&weights, &columns, &first, &mut out));
            out.to_vec()
        });
        for (i, y) in y.iter().enumerate() {
            let (row, c) = (i / BLOCK, i % BLOCK);
            let exact = first.0[c] + (0..n).map(|v| weights[row * n + v] * columns[v].0[c]).sum::<f32>();
            assert!((y - exact).abs() < 1e-5, "{y} for {exact}");
        }
    }
}

struct Between<'a>(&'a mut [f32], fn(&mut [f32]));

impl Job for Between<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, _: I) {
        (self.1)(self.0);
    }
}

/// The error function by its series, in double precision.
fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        let n = f64::from(n);
        term *= -x * x / n;
        sum += term / (2.0 * n + 1.0);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

#[test]
fn gelu_is_exact_to_a_millionth() {
    let x: Vec<f32> = (-4500..=4500).map(|i| i as f32 / 1000.0).collect();
    let y = on_all(|kind| {
        let mut y = x.clone();
        kind.run(Between(&mut y, math::gelu));
        y
    });
    for (x, y) in x.iter().zip(y) {
        let exact = 0.5 * f64::from(*x) * (1.0 + erf(f64::from(*x) / 2f64.sqrt()));
        assert!((f64::from(y) - exact).abs() < 1e-6, "gelu({x}) = {y}, not {exact}");
    }
    let mut far = [-1e30, -40.0, 40.0, 1e30];
    math::gelu(&mut far);
    assert_eq!(far, [-0.0, -0.0, 40.0, 1e30]);
}

#[test]
fn softmax_adds_up_to_one_whatever_the_numbers() {
    for (n, wide) in [(1, 1.0), (5, 1.0), (48, 10.0), (200, 300.0), (511, 1e-3)] {
        let x: Vec<f32> = numbers(6, n).iter().map(|x| x * wide).collect();
        let y = on_all(|kind| {
            let mut y = x.clone();
            kind.run(Between(&mut y, |y| {
                let by = softmax(y, 0.5);
                y.iter_mut().for_each(|y| *y *= by);
            }));
            y
        });
        let top = x.iter().fold(f32::NEG_INFINITY, |a, b| a.max(*b));
        let exact = x.iter().map(|x| f64::from((x - top) * 0.5).exp()).collect::<Vec<_>>();
        let all: f64 = exact.iter().sum();
        for (y, e) in y.iter().zip(exact) {
            assert!((f64::from(*y) - e / all).abs() < 1e-6, "{y} for {}", e / all);
        }
    }
}

#[test]
fn a_norm_has_mean_and_variance_of_its_factor_and_term() {
    let (rows, width) = (3, 96);
    let (x, more) = (numbers(7, rows * width), numbers(8, rows * width));
    let y = on_all(|kind| {
        struct Norm<'a>(&'a mut [f32], &'a [f32]);
        impl Job for Norm<'_> {
            #[inline(always)]
            fn run<I: Isa>(self, _: I) {
                norm_onto(self.0, self.1, (&[2.0; 96], &[5.0; 96]));
            }
        }
        let mut y = x.clone();
        kind.run(Norm(&mut y, &more));
        y
    });
    for row in y.chunks(width) {
        let mean = row.iter().sum::<f32>() / width as f32;
        let variance = row.iter().map(|y| (y - mean).powi(2)).sum::<f32>() / width as f32;
        assert!((mean - 5.0).abs() < 1e-5 && (variance - 4.0).abs() < 1e-4, "{mean}, {variance}");
    }
}

#[test]
fn halves_are_read_whole() {
    for (bits, value) in [
        (0x3c00, 1.0),
        (0xc000, -2.0),
        (0x7bff, 65_504.0),
        (0x0400, 6.103_515_6e-5),
        (0x0001, 5.960_464_5e-8),
        (0x8000, -0.0),
        (0x7c00, f32::INFINITY),
    ] {
        assert_eq!(half_to_f32(bits).to_bits(), f32::to_bits(value), "{bits:x}");
    }
    assert!(half_to_f32(0x7e00).is_nan());
}

/// A matrix in a format of GGML, and the numbers that its weights stand for, by candle.
fn k_matrix(kind: KQuant, seed: u64, outputs: usize, inputs: usize) -> (Vec<u8>, Vec<f32>) {
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{Device, Tensor};
    let kind = match kind {
        KQuant::Q4K => GgmlDType::Q4K,
        KQuant::Q6K => GgmlDType::Q6K,
    };
    let values = Tensor::from_vec(numbers(seed, outputs * inputs), (outputs, inputs), &Device::Cpu).unwrap();
    let stored = QTensor::quantize(&values, kind).unwrap();
    let plain = stored.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    (stored.data().unwrap().into_owned(), plain)
}

/// The first panel by itself, then the others.
fn k_packed(kind: KQuant, bytes: &[u8], outputs: usize, inputs: usize) -> KMatrix {
    let mut matrix = KMatrix::new(kind, outputs, inputs);
    let each = bytes.len() / outputs;
    for part in [0..BLOCK, BLOCK..outputs] {
        let read = |rows: std::ops::Range<usize>| {
            let rows = part.start + rows.start..part.start + rows.end;
            Ok::<_, ()>(bytes[rows.start * each..rows.end * each].to_vec())
        };
        matrix.fill(part.clone(), read).unwrap();
    }
    matrix
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn panels_are_the_matrix_of_the_file(
        seed in 0u64..1000, panels in 1usize..4, supers in 1usize..6, rows in 1usize..15, four in any::<bool>(),
    ) {
        let kind = if four { KQuant::Q4K } else { KQuant::Q6K };
        let (outputs, inputs) = (panels * BLOCK, supers * 256);
        let (bytes, plain) = k_matrix(kind, seed, outputs, inputs);
        let matrix = k_packed(kind, &bytes, outputs, inputs);
        prop_assert_eq!((matrix.outputs(), matrix.inputs()), (outputs, inputs));
        for (i, weights) in plain.chunks(inputs).enumerate() {
            for (a, b) in matrix.output(i).iter().zip(weights) {
                prop_assert!((a - b).abs() < 1e-5, "output {}: {} for {}", i, a, b);
            }
        }
        let x = numbers(seed + 3, rows * inputs);
        let all = on_all(|processor| matrix.multiply_on(processor, &x));
        prop_assert_eq!(&matrix.multiply(&x), &all);
        for (r, row) in x.chunks(inputs).enumerate() {
            for (c, weights) in plain.chunks(inputs).enumerate() {
                let exact: f32 = weights.iter().zip(row).map(|(w, x)| w * x).sum();
                let length = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
                let off = (all[r * outputs + c] - exact).abs() / (length(weights) * length(row));
                prop_assert!(off < 2e-3, "row {} of output {}: off by {}", r, c, off);
            }
            // alone it is what it is among others
            prop_assert_eq!(&matrix.multiply(row), &all[r * outputs..][..outputs]);
        }
    }
}

#[test]
fn what_is_no_number_shows_in_every_product() {
    for kind in [KQuant::Q4K, KQuant::Q6K] {
        let (bytes, _) = k_matrix(kind, 1, BLOCK, 512);
        let matrix = k_packed(kind, &bytes, BLOCK, 512);
        for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut x = numbers(2, 512);
            x[300] = broken;
            assert!(matrix.multiply(&x).iter().all(|y| !y.is_finite()), "{kind:?}, {broken}");
        }
        assert!(matrix.multiply(&[0.0; 512]).iter().all(|y| *y == 0.0));
    }
}

#[test]
fn matrices_without_whole_panels_do_not_fit() {
    assert!(KMatrix::fits(64, 512));
    for (outputs, inputs) in [(0, 256), (32, 0), (33, 256), (32, 128)] {
        assert!(!KMatrix::fits(outputs, inputs));
    }
}
