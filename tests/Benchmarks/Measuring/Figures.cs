using System.Globalization;

namespace MicroVm.Benchmarks.Measuring;

/// <summary>Prints one line per figure, <c>name: measured (goal …) ok|MISSED</c>, and remembers whether any goal was missed.</summary>
internal sealed class Figures
{
    private readonly List<string> _lines = [];

    /// <summary>True when a figure was over its goal.</summary>
    internal bool AnyMissed { get; private set; }

    /// <summary>All lines printed.</summary>
    internal IReadOnlyList<string> Lines => _lines;

    /// <summary>A figure that should be at most <paramref name="goal"/>.</summary>
    internal void AtMost(string name, double measured, double goal, string unit, string beside = "")
    {
        bool missed = !(measured <= goal);
        AnyMissed |= missed;
        Add(FormattableString.Invariant($"{name}: {Show(measured)}{unit} (goal <= {Show(goal)}{unit}){beside} {(missed ? "MISSED" : "ok")}"));
    }

    /// <summary>A figure without a goal.</summary>
    internal void Say(string name, string measured) => Add($"{name}: {measured}");

    /// <summary>Median of a list.</summary>
    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2]
            : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Show(double value) => value.ToString(value >= 100 ? "N0" : "0.###", CultureInfo.InvariantCulture);

    private void Add(string line)
    {
        _lines.Add(line);
        Console.WriteLine(line);
    }
}
