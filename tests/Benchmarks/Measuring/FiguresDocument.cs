using System.Globalization;
using System.Text;

namespace MicroVm.Benchmarks.Measuring;

/// <summary>The table of one run as Markdown: figure, ours, the peer's, goal; and what it was measured with.</summary>
internal static class FiguresDocument
{
    /// <summary>Replaces <paramref name="path"/> with the figures of this run.</summary>
    internal static void Write(string path, string command, Figures figures)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"# Figures\n\nWritten by `{command}` on {DateTime.UtcNow:yyyy-MM-dd}; medians, both sides in one run.\n");
        text.Append(CultureInfo.InvariantCulture, $"Machine: {Machine()}.\n\n");
        text.Append("| figure | microvm-vmm | qemu microvm | goal | |\n|---|---|---|---|---|\n");
        foreach (FigureRow row in figures.Rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Name} | {row.Ours} | {row.Peer} | {row.Goal} | {(row.Goal.Length == 0 ? "" : row.Missed ? "missed" : "ok")} |\n");
        }

        if (figures.Notes.Count > 0)
        {
            text.Append("\n## Where it goes\n\nTraced runs, which are slower than measured ones.\n\n");
            foreach (string note in figures.Notes)
            {
                text.Append(CultureInfo.InvariantCulture, $"- {note}\n");
            }
        }

        File.WriteAllText(path, text.ToString());
    }

    // The kind of machine; its name is nobody's business.
    private static string Machine()
    {
        string processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) ?? "";
        string model = processor[(processor.IndexOf(':') + 1)..].Trim();
        string load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        string[] release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim().Split('-');
        return $"{Environment.ProcessorCount} processors ({model}), Linux {release[0]}, load average {load} at the end";
    }
}
