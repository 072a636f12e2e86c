using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Devices;

namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>
/// The selector language: conditions with commas between them, all of which have to hold.
/// <code>
/// name=value   name!=value   name in (a, b)   name notin (a, b)   name   !name
/// </code>
/// <c>==</c> is <c>=</c>; a device without the label meets <c>!=</c> and <c>notin</c>; a value may be empty.
/// </summary>
public static class SelectorText
{
    /// <summary>The language in words, for errors.</summary>
    public const string Rule = "conditions with commas between them: name=value, name!=value, name in (a,b), name notin (a,b), name, !name";

    /// <summary>Most conditions, and most values of one.</summary>
    public const int MaxRequirements = 32, MaxValues = 256;

    /// <summary>Reads a selector.</summary>
    /// <param name="text">The selector.</param>
    /// <param name="requirements">Its conditions; empty when it cannot be read.</param>
    /// <param name="found">What is wrong with it, in words; empty when nothing is.</param>
    /// <returns>False when it cannot be read.</returns>
    public static bool TryParse(string text, out ImmutableArray<LabelRequirement> requirements, out string found)
    {
        List<LabelRequirement> read = [];
        Scan scan = new(text);
        do
        {
            if (scan.Requirement() is not LabelRequirement requirement)
            {
                return Fail(scan.Problem, out requirements, out found);
            }

            read.Add(requirement);
        }
        while (scan.Take(','));

        if (!scan.IsAtEnd || read.Count > MaxRequirements)
        {
            return Fail(scan.IsAtEnd ? $"{read.Count} conditions, more than {MaxRequirements}" : scan.Here, out requirements, out found);
        }

        (requirements, found) = ([.. read], "");
        return true;
    }

    private static bool Fail(string problem, out ImmutableArray<LabelRequirement> requirements, out string found)
    {
        (requirements, found) = ([], problem);
        return false;
    }

    /// <summary>Reads the text from left to right; the first thing that is wrong is kept as <see cref="Problem"/>.</summary>
    private sealed class Scan(string text)
    {
        private const int ShownCharacters = 24;

        private int _at;

        public string Problem { get; private set; } = "";

        public bool IsAtEnd => Peek() == '\0';

        /// <summary>What stands here, for an error.</summary>
        public string Here => IsAtEnd
            ? $"the end at character {text.Length + 1}"
            : $"'{string.Concat(text.Skip(_at).Take(ShownCharacters).Select(c => char.IsControl(c) ? '\uFFFD' : c))}' at character {_at + 1}";

        public bool Take(char expected)
        {
            bool taken = Peek() == expected;
            _at += taken ? 1 : 0;
            return taken;
        }

        public LabelRequirement? Requirement()
        {
            bool not = Take('!');
            string name = Word();
            if (!LabelRules.IsName(name))
            {
                return Refuse(name.Length == 0 ? Here : $"a label name that is too long: '{name[..ShownCharacters]}…'");
            }

            if (not)
            {
                return new LabelRequirement(name, LabelOperator.NotExists, []);
            }

            return Peek() switch
            {
                '\0' or ',' => new LabelRequirement(name, LabelOperator.Exists, []),
                '=' or '!' => Equality(name),
                _ => Set(name),
            };
        }

        private LabelRequirement? Equality(string name)
        {
            bool not = Take('!');
            if (!Take('='))
            {
                return Refuse(Here);
            }

            _ = !not && Take('=');
            string value = Word();
            return LabelRules.IsValue(value)
                ? new LabelRequirement(name, not ? LabelOperator.NotIn : LabelOperator.In, [value])
                : Refuse($"a value that is too long: '{value[..ShownCharacters]}…'");
        }

        private LabelRequirement? Set(string name)
        {
            int before = _at;
            LabelOperator? which = Word() switch { "in" => LabelOperator.In, "notin" => LabelOperator.NotIn, _ => null };
            if (which is null || !Take('('))
            {
                _at = which is null ? before : _at;
                return Refuse(Here);
            }

            SortedSet<string> values = new(StringComparer.Ordinal);
            do
            {
                string value = Word();
                bool empty = value.Length == 0 && Peek() != ',' && (Peek() != ')' || values.Count == 0);
                if (empty || !LabelRules.IsValue(value) || values.Count == MaxValues)
                {
                    return Refuse(values.Count == MaxValues ? $"more than {MaxValues} values of '{name}'" : Here);
                }

                values.Add(value);
            }
            while (Take(','));

            return Take(')') ? new LabelRequirement(name, which.Value, [.. values]) : Refuse(Here);
        }

        private LabelRequirement? Refuse(string problem)
        {
            Problem = problem;
            return null;
        }

        private char Peek()
        {
            while (_at < text.Length && text[_at] == ' ')
            {
                _at++;
            }

            return _at < text.Length ? text[_at] : '\0';
        }

        private string Word()
        {
            Peek();
            int start = _at;
            while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '.' or '_' or '/' or '-'))
            {
                _at++;
            }

            return text[start.._at];
        }
    }
}
