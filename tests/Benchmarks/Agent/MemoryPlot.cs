using System.Globalization;
using System.Text;
using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Agent;

/// <summary>Draws what each VM held over time, one upon the other, with what was granted and what there is, as SVG.</summary>
internal static class MemoryPlot
{
    private const double Width = 960, Height = 480, Left = 60, Right = 130, Top = 40, Bottom = 40;
    private const int XTicks = 8, YTicks = 6;

    private static readonly string[] s_colours =
        ["#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f", "#edc948", "#b07aa1", "#ff9da7", "#9c755f", "#bab0ac"];

    /// <summary>The document.</summary>
    internal static string Draw(IReadOnlyList<MemorySample> samples, MemoryLoadOptions options)
    {
        double begin = samples[0].Seconds, span = Math.Max(1, samples[^1].Seconds - begin);
        double most = Math.Max(options.BudgetMib, samples.Max(static sample => sample.HeldMib)) * 1.1;
        double X(double seconds) => Left + ((seconds - begin) / span * (Width - Left - Right));
        double Y(double mib) => Height - Bottom - (mib / most * (Height - Top - Bottom));

        StringBuilder svg = new();
        Line(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="sans-serif" font-size="12">""");
        Line(svg, $"""<rect width="{Width}" height="{Height}" fill="white"/>""");
        Line(svg, $"""<text x="{Left}" y="22" font-size="15">Memory held by {options.Vms} VMs of {options.MinMib} to {options.MaxMib} MiB and their VMMs, while load of 3 x {options.LoadMib} MiB moves between them</text>""");
        for (int tick = 0; tick <= YTicks; tick++)
        {
            double mib = most / YTicks * tick;
            Line(svg, $"""<line x1="{Left}" y1="{Y(mib):0.#}" x2="{Width - Right}" y2="{Y(mib):0.#}" stroke="#ddd"/><text x="{Left - 6}" y="{Y(mib) + 4:0.#}" text-anchor="end">{mib:0}</text>""");
        }

        for (int tick = 0; tick <= XTicks; tick++)
        {
            double seconds = begin + (span / XTicks * tick);
            Line(svg, $"""<text x="{X(seconds):0.#}" y="{Height - Bottom + 18}" text-anchor="middle">{seconds - begin:0} s</text>""");
        }

        string[] names = [.. samples.SelectMany(static sample => sample.Vms).Select(static vm => vm.Name).Distinct().Order(StringComparer.Ordinal)];
        double[] floor = new double[samples.Count];
        for (int i = 0; i < names.Length; i++)
        {
            double[] top = [.. samples.Select((sample, at) => floor[at] + (sample.Vms.FirstOrDefault(vm => vm.Name == names[i])?.HeldMib ?? 0))];
            IEnumerable<string> up = samples.Select((sample, at) => Point(X(sample.Seconds), Y(top[at])));
            IEnumerable<string> back = samples.Select((sample, at) => Point(X(sample.Seconds), Y(floor[at]))).Reverse();
            Line(svg, $"""<polygon points="{string.Join(' ', up.Concat(back))}" fill="{s_colours[i % s_colours.Length]}"/>""");
            Line(svg, $"""<rect x="{Width - Right + 12}" y="{Height - Bottom - 14 - (i * 18)}" width="12" height="12" fill="{s_colours[i % s_colours.Length]}"/><text x="{Width - Right + 30}" y="{Height - Bottom - 4 - (i * 18)}">{names[i]}</text>""");
            floor = top;
        }

        double vmms = options.Vms * MemoryLoadOptions.VmmMib;
        Line(svg, $"""<polyline points="{string.Join(' ', samples.Select(sample => Point(X(sample.Seconds), Y(sample.GrantedMib + vmms))))}" fill="none" stroke="black" stroke-width="1.5"/>""");
        Line(svg, $"""<line x1="{Left}" y1="{Y(options.BudgetMib):0.#}" x2="{Width - Right}" y2="{Y(options.BudgetMib):0.#}" stroke="#c00" stroke-dasharray="6 4"/><text x="{Width - Right + 6}" y="{Y(options.BudgetMib) + 4:0.#}" fill="#c00">budget {options.BudgetMib} MiB</text>""");
        Line(svg, $"""<text x="{Width - Right + 6}" y="{Y(samples[^1].GrantedMib + vmms) + 4:0.#}">granted, VMMs incl.</text>""");
        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private static string Point(double x, double y) => string.Create(CultureInfo.InvariantCulture, $"{x:0.#},{y:0.#}");

    private static void Line(StringBuilder svg, FormattableString text) => svg.AppendLine(text.ToString(CultureInfo.InvariantCulture));
}
