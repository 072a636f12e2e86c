namespace MicroVm.ControlPlane.Cli.Output;

/// <summary>Rows under headings, columns aligned, two spaces between them. Nothing is cut: output may be searched.</summary>
/// <param name="columns">The columns.</param>
internal sealed class Table(params Column[] columns)
{
    private readonly List<Cell[]> _rows = [];

    /// <summary>Adds a row with one cell for each column.</summary>
    public void Add(params Cell[] cells) =>
        _rows.Add([.. cells.Select(static cell => cell with { Text = cell.Text.Length == 0 ? "-" : Terminal.Safe(cell.Text) })]);

    /// <summary>Writes the table, or one line when it has no rows.</summary>
    public void Write(Terminal terminal, string whenEmpty)
    {
        if (_rows.Count == 0)
        {
            terminal.Out.WriteLine(whenEmpty);
            return;
        }

        int[] widths = [.. columns.Select((column, i) => Math.Max(column.Title.Length, _rows.Max(row => row[i].Text.Length)))];
        WriteRow(terminal, widths, [.. columns.Select(static column => new Cell(column.Title, Colour.Bold))]);
        foreach (Cell[] row in _rows)
        {
            WriteRow(terminal, widths, row);
        }
    }

    private void WriteRow(Terminal terminal, int[] widths, Cell[] row)
    {
        for (int i = 0; i < row.Length; i++)
        {
            bool last = i == row.Length - 1;
            string padding = new(' ', widths[i] - row[i].Text.Length);
            string text = terminal.Paint(row[i].Colour, row[i].Text);
            terminal.Out.Write(columns[i].IsNumber ? padding + text : last ? text : text + padding);
            terminal.Out.Write(last ? "\n" : "  ");
        }
    }
}
