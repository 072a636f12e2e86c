using System.Collections.Immutable;
using System.Globalization;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Rollouts;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads <c>spec.strategy</c>.</summary>
internal static class StrategyReader
{
    private const string Path = "spec.strategy";
    private const string AmountRule = "a count from 1, or a share such as 25% (1% to 100%)";
    private const int LongestSeconds = 30 * 24 * 3600, MaxWaves = 20;

    /// <summary>The strategy; null when there is none. Errors go to the reader.</summary>
    internal static RolloutStrategy? Read(FieldReader reader, ManifestNode? node)
    {
        if (node is null)
        {
            return null;
        }

        ManifestMap? map = reader.Map(
            Path, node, "canary", "waves", "maxUnavailable", "ratePerMinute", "soakSeconds", "healthGate", "failureThreshold", "onFailure",
            "progressDeadlineSeconds", "offlineDeadlineSeconds", "windows", "manualApproval");
        if (map is null)
        {
            return null;
        }

        RolloutStrategy defaults = new();
        return new RolloutStrategy
        {
            Canary = ReadCanary(reader, FieldReader.Get(map, "canary")),
            Waves = ReadWaves(reader, FieldReader.Get(map, "waves")),
            MaxUnavailable = ReadAmount(reader, $"{Path}.maxUnavailable", FieldReader.Get(map, "maxUnavailable")) ?? defaults.MaxUnavailable,
            RatePerMinute = FieldReader.Get(map, "ratePerMinute") is null ? null : reader.Number(map, Path, "ratePerMinute", 1, Amount.MaxCount, 1),
            SoakSeconds = reader.Number(map, Path, "soakSeconds", 0, LongestSeconds, defaults.SoakSeconds),
            Gate = ReadGate(reader, FieldReader.Get(map, "healthGate"), defaults.Gate),
            FailureThreshold = ReadAmount(reader, $"{Path}.failureThreshold", FieldReader.Get(map, "failureThreshold")) ?? defaults.FailureThreshold,
            OnFailure = reader.Choice(map, Path, "onFailure", defaults.OnFailure),
            ProgressDeadlineSeconds = reader.Number(map, Path, "progressDeadlineSeconds", 1, LongestSeconds, defaults.ProgressDeadlineSeconds),
            OfflineDeadlineSeconds = reader.Number(map, Path, "offlineDeadlineSeconds", 1, LongestSeconds, defaults.OfflineDeadlineSeconds),
            Windows = WindowsReader.Read(reader, $"{Path}.windows", FieldReader.Get(map, "windows")),
            ManualApproval = reader.Truth(map, Path, "manualApproval"),
        };
    }

    private static CanaryRule? ReadCanary(FieldReader reader, ManifestNode? node)
    {
        const string Canary = Path + ".canary";
        if (node is null || reader.Map(Canary, node, "count", "percent", "selector") is not ManifestMap map)
        {
            return null;
        }

        if (map.Fields.Count != 1)
        {
            reader.Fail(Canary, "one of count, percent, selector", $"{map.Fields.Count} of them");
            return null;
        }

        return FieldReader.Get(map, "selector") is ManifestNode selector
            ? new CanaryRule(null, SelectorReader.Read(reader, $"{Canary}.selector", selector))
            : FieldReader.Get(map, "percent") is not null
                ? new CanaryRule(new Amount(reader.Number(map, Canary, "percent", 1, 100, 1), true), null)
                : new CanaryRule(new Amount(reader.Number(map, Canary, "count", 1, Amount.MaxCount, 1), false), null);
    }

    private static ImmutableArray<Amount> ReadWaves(FieldReader reader, ManifestNode? node)
    {
        const string Waves = Path + ".waves";
        if (node is null)
        {
            return [];
        }

        if (node is not ManifestList { Items.Count: > 0 and <= MaxWaves } list)
        {
            reader.Fail(Waves, $"a list of 1 to {MaxWaves} amounts", node);
            return [];
        }

        List<Amount> waves = [];
        foreach ((int index, ManifestNode item) in list.Items.Index())
        {
            if (ReadAmount(reader, $"{Waves}[{index}]", item) is not Amount amount)
            {
                continue;
            }

            if (waves is [.., Amount before] && before.IsPercent == amount.IsPercent && amount.Value <= before.Value)
            {
                reader.Fail($"{Waves}[{index}]", $"more than the wave before, which is {before}", $"{amount}");
            }

            waves.Add(amount);
        }

        return [.. waves];
    }

    /// <summary>A whole number, or a text of one with a percent sign; null when it is absent or wrong.</summary>
    private static Amount? ReadAmount(FieldReader reader, string path, ManifestNode? node)
    {
        string? text = node switch
        {
            ManifestScalar { Kind: ManifestScalarKind.Number } scalar => scalar.Literal,
            ManifestText { Value: [.., '%'] } written => written.Value,
            _ => null,
        };
        bool percent = text is [.., '%'];
        if (text is not null
            && int.TryParse(text.AsSpan().TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            && value >= 1 && value <= (percent ? 100 : Amount.MaxCount)
            && text.Count(c => c == '%') <= 1)
        {
            return new Amount(value, percent);
        }

        if (node is not null)
        {
            reader.Fail(path, AmountRule, node);
        }

        return null;
    }

    private static HealthGate ReadGate(FieldReader reader, ManifestNode? node, HealthGate defaults)
    {
        const string Gate = Path + ".healthGate";
        ManifestMap? map = node is null ? null : reader.Map(Gate, node, "readySeconds", "maxRestarts", "maxErrorLines");
        return map is null
            ? defaults
            : new HealthGate(
                reader.Number(map, Gate, "readySeconds", 0, LongestSeconds, defaults.ReadySeconds),
                reader.Number(map, Gate, "maxRestarts", 0, 1000, defaults.MaxRestarts),
                FieldReader.Get(map, "maxErrorLines") is null ? null : reader.Number(map, Gate, "maxErrorLines", 0, 100_000, 0));
    }
}
