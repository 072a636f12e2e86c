using System.Collections.Immutable;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Abstractions.Devices;

/// <summary>What a label may be.</summary>
public static class LabelRules
{
    /// <summary>Most labels of one device or selector.</summary>
    public const int MaxCount = 32;

    /// <summary>Longest name and longest value in characters.</summary>
    public const int MaxLength = 63;

    /// <summary>A valid name in words.</summary>
    public const string NameRule = "1 to 63 characters of [A-Za-z0-9._/-]";

    /// <summary>A valid value in words.</summary>
    public const string ValueRule = "0 to 63 characters of [A-Za-z0-9._/-]";

    /// <summary>Names that the control plane itself gives to every device.</summary>
    public static ImmutableArray<string> Reserved { get; } = ["arch", "device"];

    /// <summary>True for a valid name.</summary>
    public static bool IsName(string text) => text.Length > 0 && IsValue(text);

    /// <summary>True for a valid value.</summary>
    public static bool IsValue(string text) =>
        text.Length <= MaxLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '/' or '-');

    /// <summary>What is wrong with labels that somebody wants to set; empty when nothing is.</summary>
    /// <param name="labels">Names and values.</param>
    /// <param name="field">Path of the labels in what was sent; empty for the root.</param>
    public static IReadOnlyList<FieldError> Check(IReadOnlyDictionary<string, string> labels, string field)
    {
        List<FieldError> errors = [];
        if (labels.Count > MaxCount)
        {
            errors.Add(new FieldError(field, $"at most {MaxCount} labels", $"{labels.Count}"));
        }

        foreach ((string name, string? value) in labels)
        {
            string path = field.Length == 0 ? name : $"{field}.{name}";
            if (!IsName(name))
            {
                errors.Add(new FieldError(path, $"a label name, {NameRule}", $"'{name}'"));
            }
            else if (Reserved.Contains(name))
            {
                errors.Add(new FieldError(path, "a name other than " + string.Join(" and ", Reserved), $"'{name}'"));
            }

            if (value is null || !IsValue(value))
            {
                errors.Add(new FieldError(path, $"a label value, {ValueRule}", value is null ? "nothing" : $"'{value}'"));
            }
        }

        return errors;
    }
}
