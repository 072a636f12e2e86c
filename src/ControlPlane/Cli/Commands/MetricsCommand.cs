using System.CommandLine;
using System.Globalization;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm metrics DEVICE[/VM] [NAME]</c>: what workloads measured themselves.</summary>
internal static class MetricsCommand
{
    private const int DefaultLimit = 20, AllSince = 10_000;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<(string? Device, string? Vm)> of = NameArgument.DeviceOrVm();
        of.Arity = ArgumentArity.ExactlyOne;
        Argument<string?> name = new("NAME")
        {
            Description = "Name of the metric: shows its points instead of all series",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = static result => result.Tokens.Count == 0 ? null
                : MetricRules.CheckName(result.Tokens[0].Value) is string fault ? GlobalOptions.Refuse<string?>(result, fault)
                : result.Tokens[0].Value,
        };
        Option<TimeSpan?> since = Durations.Option("--since", "With NAME: only points that are at most so old");
        Option<int?> limit = new("--limit") { Description = "With NAME: most points, the newest of them", HelpName = "N" };
        Command command = new("metrics", "Show what workloads measured themselves") { of, name, since, limit };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            (string? device, string? vm) = parsed.GetValue(of);
            string filter = vm is null ? "" : $"&vm={vm}";
            if (parsed.GetValue(name) is string one)
            {
                TimeSpan? ago = parsed.GetValue(since);
                filter += $"&name={Uri.EscapeDataString(one)}";
                filter += ago is TimeSpan age ? $"&since={(context.Time.GetUtcNow() - age).UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}" : "";
                int most = parsed.GetValue(limit) ?? (ago is null ? DefaultLimit : AllSince);
                await WritePointsAsync(context, $"{ApiPaths.MetricPoints(device!)}?limit={most}{filter}", cancellation);
            }
            else if (parsed.GetValue(since) is not null || parsed.GetValue(limit) is not null)
            {
                throw new UsageException("metrics: expected NAME with --since or --limit, which are about points, found none");
            }
            else
            {
                await WriteSeriesAsync(context, $"{ApiPaths.Metrics(device!)}?limit={AllSince}{filter}", cancellation);
            }

            return ExitCode.Success;
        }));
        return command;
    }

    private static async Task WriteSeriesAsync(CliContext context, string path, CancellationToken cancellation)
    {
        ListView<MetricSeriesView> series = (await context.Api.GetAsync(path, ApiJsonContext.Default.ListViewMetricSeriesView, cancellation)).Value;
        if (context.IsJson)
        {
            await context.Terminal.Out.WriteLineAsync(Json.Write(series, Json.Indented.ListViewMetricSeriesView));
            return;
        }

        Table table = new(new("VM"), new("METRIC"), new("VALUE", true), new("UNIT"), new("LABELS"), new("AGE", true));
        DateTimeOffset now = context.Time.GetUtcNow();
        foreach (MetricSeriesView one in series.Items)
        {
            table.Add(one.Vm, one.Name, Number(one.Value), one.Unit, Labels(one.Labels), Quantity.Age(one.At, now) + " ago");
        }

        table.Write(context.Terminal, "No metrics of workloads.");
    }

    private static async Task WritePointsAsync(CliContext context, string path, CancellationToken cancellation)
    {
        ListView<MetricPointView> points = (await context.Api.GetAsync(path, ApiJsonContext.Default.ListViewMetricPointView, cancellation)).Value;
        if (context.IsJson)
        {
            await context.Terminal.Out.WriteLineAsync(Json.Write(points, Json.Indented.ListViewMetricPointView));
            return;
        }

        Table table = new(new("TIME"), new("VM"), new("VALUE", true), new("UNIT"), new("LABELS"), new("CLOCK"));
        foreach (MetricPointView one in points.Items)
        {
            table.Add(
                one.At.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture), one.Vm, Number(one.Value), one.Unit, Labels(one.Labels),
                ClockText.Cell(one.Clock));
        }

        table.Write(context.Terminal, "No points.");
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Labels(IReadOnlyDictionary<string, string> labels) => string.Join(
        ',', labels.OrderBy(static label => label.Key, StringComparer.Ordinal).Select(static label => $"{label.Key}={label.Value}"));
}
