using System.Globalization;
using System.Text;

namespace MicroVm.Benchmarks.Measuring;

/// <summary>
/// The figures as Markdown: what they were measured with, the table, and explanations. A run replaces what is of its own architecture; the
/// rest of the document stays.
/// </summary>
internal static class FiguresDocument
{
    private const string Title = "# Figures", NotesTitle = "## Where it goes", NotesRemark = "Traced runs, which are slower than measured ones.";
    private const string X64Mark = "x86_64: ", Arm64Mark = "aarch64: ", Arm64Note = "- aarch64, ";

    /// <summary>Puts the figures of a run of all x86_64 scenarios into <paramref name="path"/>; null: nowhere.</summary>
    internal static void Write(string? path, string command, Figures figures)
    {
        if (path is null)
        {
            return;
        }

        string[] old = File.Exists(path) ? File.ReadAllLines(path) : [];
        Save(path, Line(X64Mark, command, "both sides in one run"), Find(old, Arm64Mark), FiguresTable.Read(old).WithX64(figures.Rows),
            [.. figures.Notes.Select(static note => $"- {note}"), .. old.Where(IsArm64Note)]);
    }

    /// <summary>Puts the figures of an aarch64 run into <paramref name="path"/>; null: nowhere.</summary>
    internal static void WriteArm64(string? path, string command, Figures figures)
    {
        if (path is null)
        {
            return;
        }

        string[] old = File.Exists(path) ? File.ReadAllLines(path) : [];
        string x64 = Find(old, X64Mark) is { Length: > 0 } line ? line : FirstHeader(old);
        Save(path, x64, Line(Arm64Mark, command, "in a nested host on emulated processors"), FiguresTable.Read(old).WithArm64(figures.Rows),
            [.. old.Where(static l => l.StartsWith("- ", StringComparison.Ordinal) && !IsArm64Note(l)), .. figures.Notes.Select(static note => $"- {note}")]);
    }

    private static void Save(string path, string x64, string arm64, FiguresTable table, IReadOnlyList<string> notes)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Title}\n\n{x64}\n\n{(arm64.Length == 0 ? "" : $"{arm64}\n\n")}{table}");
        if (notes.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{NotesTitle}\n\n{NotesRemark}\n\n{string.Join('\n', notes)}\n");
        }

        File.WriteAllText(path, text.ToString());
    }

    private static string Line(string mark, string command, string how) => string.Create(
        CultureInfo.InvariantCulture, $"{mark}written by `{command}` on {DateTime.UtcNow:yyyy-MM-dd}; medians, {how}. Machine: {Machine()}.");

    /// <summary>What a document from before there was an aarch64 column says below its title, in today's words.</summary>
    private static string FirstHeader(string[] lines)
    {
        string header = string.Join(' ', lines.SkipWhile(static line => line != Title).Skip(2).TakeWhile(static line => line.Length > 0));
        return header.Length == 0 ? "" : $"{X64Mark}{char.ToLowerInvariant(header[0])}{header[1..]}";
    }

    private static string Find(string[] lines, string mark) => lines.FirstOrDefault(line => line.StartsWith(mark, StringComparison.Ordinal)) ?? "";

    private static bool IsArm64Note(string line) => line.StartsWith(Arm64Note, StringComparison.Ordinal);

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
