using System.Runtime.InteropServices;
using System.Text;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Host;

/// <summary>
/// Lines on the second serial port (aarch64: the first that is not the PL011), which tests/Benchmarks reads: <c>sample FIGURE SIDE VALUE</c>, <c>info TEXT</c>, <c>progress TEXT</c>,
/// <c>fault TEXT</c>, <c>stuck TEXT</c>, <c>end</c>.
/// </summary>
internal sealed class Report
{
    private readonly int _fd = Fd.Open(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "/dev/ttyS0" : "/dev/ttyS1", Fd.WriteOnly | Fd.NoControllingTty);

    /// <summary>When the last line was written.</summary>
    internal long LastNs { get; private set; } = NestedVm.NowNs;

    /// <summary>One measurement; the median is taken outside.</summary>
    internal void Sample(string figure, string side, double value) => Write($"sample {figure} {side} {value:0.###}");

    internal void Info(string text) => Write($"info {text}");

    /// <summary>For who looks on.</summary>
    internal void Progress(string text) => Write($"progress {text}");

    internal void Fault(string text) => Write($"fault {text.ReplaceLineEndings(" | ")}");

    /// <summary>Nothing goes on: what the host saw of it.</summary>
    internal void Stuck(string text) => Write($"stuck {text.ReplaceLineEndings(" | ")}");

    internal void End() => Write("end");

    private void Write(string line)
    {
        LastNs = NestedVm.NowNs;
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        for (int done = 0; done < bytes.Length; done += 64)
        {
            // The port's buffer is one page; a blocking write takes what it gets.
            Fd.WriteOnce(_fd, bytes.AsSpan(done, Math.Min(64, bytes.Length - done)));
        }
    }
}
