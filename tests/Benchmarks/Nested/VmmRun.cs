using MicroVm.Benchmarks.Measuring;
using MicroVm.Benchmarks.Vmm;

namespace MicroVm.Benchmarks.Nested;

/// <summary>A run about the VMM, of either architecture: what is measured, and what goes into the document.</summary>
/// <param name="root">The clone.</param>
/// <param name="artifacts">Folder of the built programs.</param>
/// <param name="workFolder">For logs and disks.</param>
/// <param name="figures">Takes the results.</param>
internal sealed class VmmRun(string root, string artifacts, string workFolder, Figures figures)
{
    // Another VMM binary may be measured: its developer says which.
    private readonly string? _anotherVmm = Environment.GetEnvironmentVariable("MICROVM_BENCH_VMM");
    private readonly string? _document = Environment.GetEnvironmentVariable("MICROVM_FIGURES");

    /// <summary>Everything that there is of x86_64.</summary>
    internal static string[] All { get; } = ["machine", .. NestedBenchmark.Scenarios];

    /// <summary>Scenarios of x86_64 beside QEMU microvm; the document is written when all of them are run.</summary>
    internal void RunX64(string[] chosen)
    {
        string vmm = _anotherVmm ?? Path.Combine(artifacts, "microvm-vmm");
        NestedHost host = new("x86_64", root, artifacts, vmm, workFolder);
        // Alone: this machine's own clock sees who else is running.
        if (chosen.Contains("machine"))
        {
            new VmmBenchmark(vmm, "/usr/bin/qemu-system-x86_64", workFolder, figures).Run();
        }

        new NestedBenchmark(host, figures).Run([.. chosen.Where(static name => name != "machine")]);
        figures.Say("nested hosts that hung and were repeated", $"{host.Hangs}");
        if (chosen.Length == All.Length)
        {
            FiguresDocument.Write(_document, "tests/bench.sh vmm", figures);
        }
    }

    /// <summary>What there is of aarch64.</summary>
    internal void RunArm64()
    {
        new Arm64Benchmark(root, artifacts, _anotherVmm, workFolder, figures).Run();
        FiguresDocument.WriteArm64(_document, "tests/bench.sh aarch64", figures);
    }
}
