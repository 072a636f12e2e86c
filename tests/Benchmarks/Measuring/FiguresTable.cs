namespace MicroVm.Benchmarks.Measuring;

/// <summary>The table of the document: what a run of one architecture says goes into its columns, the rest stays.</summary>
internal sealed class FiguresTable
{
    private const string Header = "| figure | x86_64 | qemu microvm | aarch64 | goal | |\n|---|---|---|---|---|---|\n";
    private const string ArmSuffix = ", aarch64", X64Suffix = ", x86_64";
    private readonly List<Row> _rows = [];

    /// <summary>A line of the table.</summary>
    private sealed record Row(string Name, string X64 = "", string Peer = "", string Arm64 = "", string Goal = "", string Verdict = "");

    /// <summary>Reads the rows of a document; other lines are passed over.</summary>
    internal static FiguresTable Read(IEnumerable<string> lines)
    {
        FiguresTable table = new();
        foreach (string line in lines)
        {
            string[] cells = [.. line.Split('|').Select(static cell => cell.Trim())];
            if (cells is ["", "figure", ..] || !line.StartsWith("| ", StringComparison.Ordinal))
            {
                continue;
            }

            table._rows.Add(cells switch
            {
                ["", var name, var own, var peer, var arm, var goal, var verdict, ""] => new Row(name, own, peer, arm, goal, verdict),
                ["", var name, var own, var peer, var goal, var verdict, ""] => new Row(name, own, peer, "", goal, verdict),
                _ => throw new InvalidDataException($"figures: expected a row of five or six cells, found '{line}'"),
            });
        }

        return table;
    }

    /// <summary>This run's x86_64 figures in their order; what only the aarch64 run says comes behind them.</summary>
    internal FiguresTable WithX64(IReadOnlyList<FigureRow> figures)
    {
        FiguresTable table = new();
        table._rows.AddRange(figures.Select(figure => new Row(
            figure.Name, figure.Ours, figure.Peer, Find(figure.Name)?.Arm64 ?? "", figure.Goal, Verdict(figure))));
        table._rows.AddRange(_rows.Where(row => row.Arm64.Length > 0 && table.Find(row.Name) is null));
        return table;
    }

    /// <summary>The same table with the figures of an aarch64 run; a name may say which of the two columns it is for.</summary>
    internal FiguresTable WithArm64(IReadOnlyList<FigureRow> figures)
    {
        FiguresTable table = new();
        table._rows.AddRange(_rows.Select(static row => row with { Arm64 = "" }));
        foreach (FigureRow figure in figures)
        {
            bool isX64 = figure.Name.EndsWith(X64Suffix, StringComparison.Ordinal);
            string name = isX64 ? figure.Name[..^X64Suffix.Length]
                : figure.Name.EndsWith(ArmSuffix, StringComparison.Ordinal) ? figure.Name[..^ArmSuffix.Length] : figure.Name;
            int index = table._rows.FindIndex(row => row.Name == name);
            if (index < 0)
            {
                index = table._rows.Count;
                table._rows.Add(new Row(name, Goal: figure.Goal, Verdict: Verdict(figure)));
            }

            Row row = table._rows[index];
            string verdict = figure.Missed ? "missed" : row.Verdict;
            table._rows[index] = isX64
                ? row with { X64 = figure.Ours, Goal = figure.Goal, Verdict = Verdict(figure) }
                : row with { Arm64 = figure.Missed ? $"{figure.Ours} (missed)" : figure.Ours, Verdict = row.X64.Length == 0 ? verdict : row.Verdict };
        }

        return table;
    }

    public override string ToString() =>
        Header + string.Concat(_rows.Select(static row => $"| {row.Name} | {row.X64} | {row.Peer} | {row.Arm64} | {row.Goal} | {row.Verdict} |\n"));

    private Row? Find(string name) => _rows.Find(row => row.Name == name);

    private static string Verdict(FigureRow figure) => figure.Goal.Length == 0 ? figure.Missed ? "missed" : "" : figure.Missed ? "missed" : "ok";
}
