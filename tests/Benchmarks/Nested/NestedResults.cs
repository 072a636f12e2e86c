using System.Globalization;
using MicroVm.Benchmarks.Measuring;

namespace MicroVm.Benchmarks.Nested;

/// <summary>The lines that a nested host reported (Host/Report.cs of Benchmarks.Nested).</summary>
internal sealed class NestedResults
{
    private readonly Dictionary<(string Figure, string Side), List<double>> _samples = [];

    /// <summary>What was said beside the measurements.</summary>
    internal List<string> Notes { get; } = [];

    /// <summary>The host is done.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>Takes one line; throws when it is a fault.</summary>
    internal void Take(string line)
    {
        string[] words = line.Trim().Split(' ');
        switch (words[0])
        {
            case "sample" when words.Length == 4:
                if (!_samples.TryGetValue((words[1], words[2]), out List<double>? values))
                {
                    _samples[(words[1], words[2])] = values = [];
                }

                values.Add(double.Parse(words[3], CultureInfo.InvariantCulture));
                break;
            case "info": Notes.Add(line.Trim()["info ".Length..]); break;
            case "fault": throw new InvalidOperationException($"the nested host failed: {line.Trim()}");
            case "stuck": throw new NestedHangException(line.Trim());
            case "end": HasEnded = true; break;
            default: break; // the firmware's and the kernel's own output
        }
    }

    internal bool Has(string figure) => _samples.ContainsKey((figure, "ours"));

    /// <summary>Median of ours.</summary>
    internal double Ours(string figure) => Figures.Median(_samples[(figure, "ours")]);

    /// <summary>Median of QEMU's.</summary>
    internal double Peer(string figure) => Figures.Median(_samples[(figure, "qemu")]);
}
