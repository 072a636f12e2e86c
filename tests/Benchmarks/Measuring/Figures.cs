using System.Globalization;

namespace MicroVm.Benchmarks.Measuring;

/// <summary>Prints one line per figure, <c>name: measured (goal …) ok|MISSED</c>, and remembers whether any goal was missed.</summary>
internal sealed class Figures
{
    private readonly List<string> _lines = [];
    private readonly List<FigureRow> _rows = [];
    private readonly List<string> _notes = [];

    /// <summary>True when a figure missed its goal.</summary>
    internal bool AnyMissed { get; private set; }

    /// <summary>All lines printed.</summary>
    internal IReadOnlyList<string> Lines => _lines;

    /// <summary>Explanations beside the figures.</summary>
    internal IReadOnlyList<string> Notes => _notes;

    /// <summary>The figures, with and without a goal.</summary>
    internal IReadOnlyList<FigureRow> Rows => _rows;

    /// <summary>A figure that should be at most <paramref name="goal"/>; <paramref name="peer"/> says what QEMU showed in the same run.</summary>
    internal void AtMost(string name, double measured, double goal, string unit, string own = "", string peer = "") =>
        Judge(name, measured, goal, unit, own, peer, "<=", !(measured <= goal));

    /// <summary>A figure that should be at least <paramref name="goal"/>.</summary>
    internal void AtLeast(string name, double measured, double goal, string unit, string own = "", string peer = "") =>
        Judge(name, measured, goal, unit, own, peer, ">=", !(measured >= goal));

    /// <summary>A figure without a goal.</summary>
    internal void Say(string name, string measured) => Add($"{name}: {measured}");

    /// <summary>Two sides without a goal.</summary>
    internal void Beside(string name, string ours, string peer)
    {
        _rows.Add(new FigureRow(name, ours, peer, "", Missed: false));
        Add(peer.Length == 0 ? $"{name}: {ours}" : $"{name}: {ours} beside qemu microvm {peer}");
    }

    /// <summary>Figures that could not be taken, which misses whatever goal they have.</summary>
    internal void Lost(string name, string reason)
    {
        AnyMissed = true;
        _rows.Add(new FigureRow(name, reason, "", "", Missed: true));
        Add($"{name}: {reason} MISSED");
    }

    /// <summary>An explanation, such as where the time went.</summary>
    internal void Note(string text)
    {
        _notes.Add(text);
        Add($"  {text}");
    }

    /// <summary>Median of a list.</summary>
    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2]
            : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private void Judge(string name, double measured, double goal, string unit, string own, string peer, string relation, bool missed)
    {
        AnyMissed |= missed;
        string shown = $"{Show(measured)}{unit}", goalText = $"{relation} {Show(goal)}{unit}";
        string beside = peer.Length == 0 ? own : $"{own} beside qemu microvm {peer}";
        string detail = beside.Length == 0 ? "" : $"; {beside.Trim()}";
        _rows.Add(new FigureRow(name, own.Length == 0 ? shown : $"{shown} ({own})", peer, goalText, missed));
        Add($"{name}: {shown} (goal {goalText}){detail} {(missed ? "MISSED" : "ok")}");
    }

    private static string Show(double value) => value.ToString(value >= 100 ? "N0" : "0.####", CultureInfo.InvariantCulture);

    private void Add(string line)
    {
        _lines.Add(line);
        Console.WriteLine(line);
    }
}
