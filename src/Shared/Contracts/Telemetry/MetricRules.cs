using MicroVm.Shared.Codecs;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>What a workload's metric may look like. Each check gives null, or one line: what, what was expected, what was found.</summary>
public static class MetricRules
{
    private const int ShownCharacters = 80;

    /// <summary>Checks everything of a point but its time.</summary>
    public static string? Check(MetricPoint point) =>
        CheckName(point.Name)
        ?? (double.IsFinite(point.Value) ? null : $"value of '{point.Name}': expected a finite number, found {point.Value}")
        ?? CheckUnit(point.Unit)
        ?? CheckLabels(point.Labels);

    /// <summary>Checks a name: a letter, then letters, digits and <c>_ . : / -</c>, all of ASCII.</summary>
    public static string? CheckName(string name) => IsName(name, MetricLimits.NameCharacters)
        ? null
        : $"name: expected a letter and then at most {MetricLimits.NameCharacters - 1} letters, digits or any of _.:/-, found '{Show(name)}'";

    /// <summary>Checks a unit: anything short without control characters.</summary>
    public static string? CheckUnit(string unit) => IsText(unit, MetricLimits.UnitCharacters)
        ? null
        : $"unit: expected at most {MetricLimits.UnitCharacters} characters and no control characters, found '{Show(unit)}'";

    /// <summary>Checks labels, which are ordered by name, each once.</summary>
    public static string? CheckLabels(IReadOnlyList<KeyValuePair<string, string>> labels)
    {
        if (labels.Count > MetricLimits.Labels)
        {
            return $"labels: expected at most {MetricLimits.Labels}, found {labels.Count}";
        }

        for (int i = 0; i < labels.Count; i++)
        {
            (string name, string value) = labels[i];
            if (!IsName(name, MetricLimits.LabelNameCharacters))
            {
                return $"labels: expected a name of a letter and then at most {MetricLimits.LabelNameCharacters - 1} letters, digits or any of _.:/-, found '{Show(name)}'";
            }

            if (!IsText(value, MetricLimits.LabelValueCharacters))
            {
                return $"label '{name}': expected at most {MetricLimits.LabelValueCharacters} characters and no control characters, found '{Show(value)}'";
            }

            if (i > 0 && string.CompareOrdinal(labels[i - 1].Key, name) >= 0)
            {
                return $"labels: expected each name once and in order, found '{name}' after '{labels[i - 1].Key}'";
            }
        }

        return null;
    }

    private static bool IsName(string text, int most)
    {
        if (text.Length == 0 || text.Length > most || !char.IsAsciiLetter(text[0]))
        {
            return false;
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or ':' or '/' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsText(string text, int most)
    {
        if (text.Length > most)
        {
            return false;
        }

        foreach (char c in text)
        {
            if (char.IsControl(c))
            {
                return false;
            }
        }

        return true;
    }

    private static string Show(string text)
    {
        string shown = ShortText.Of(text, ShownCharacters, "…");
        return string.Create(shown.Length, shown, static (to, from) =>
        {
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = char.IsControl(from[i]) ? '?' : from[i];
            }
        });
    }
}
