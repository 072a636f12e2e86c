using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>
/// Builds nodes from YAML's events. The library's own tree is not used: it recurses as deep as the text nests, and here the
/// text is untrusted. An anchor may be used again, but each use counts in full towards <see cref="ManifestLimits.Nodes"/>.
/// </summary>
internal sealed partial class YamlManifestReader
{
    private readonly Parser _parser;
    private readonly Dictionary<string, ManifestNode> _anchors = [];
    private int _nodes;

    private YamlManifestReader(string text) => _parser = new Parser(new Scanner(new StringReader(text), skipComments: true));

    /// <summary>The documents of a stream; empty ones are left out.</summary>
    /// <exception cref="ManifestSyntaxException">The text is not YAML or is too large.</exception>
    internal static IReadOnlyList<ManifestNode> Read(string text)
    {
        try
        {
            return new YamlManifestReader(text).ReadStream();
        }
        catch (YamlException e)
        {
            throw new ManifestSyntaxException($"manifest: expected YAML, found an error at line {e.Start.Line}, column {e.Start.Column}: {e.Message}", e);
        }
    }

    private List<ManifestNode> ReadStream()
    {
        List<ManifestNode> documents = [];
        _parser.Consume<StreamStart>();
        while (!_parser.TryConsume<StreamEnd>(out _))
        {
            _parser.Consume<DocumentStart>();
            _anchors.Clear();
            ManifestNode root = ReadNode(1);
            _parser.Consume<DocumentEnd>();
            if (root is not ManifestScalar { Kind: ManifestScalarKind.Null })
            {
                documents.Add(root);
            }
        }

        return documents;
    }

    private ManifestNode ReadNode(int depth)
    {
        if (depth > ManifestLimits.Depth)
        {
            throw TooLarge($"at most {ManifestLimits.Depth} levels");
        }

        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            ManifestNode target = _anchors.GetValueOrDefault(alias.Value.Value)
                ?? throw TooLarge("an anchor that was finished before it is used");
            Count(target.Weight);
            return target;
        }

        Count(1);
        AnchorName anchor = (_parser.Current as NodeEvent)?.Anchor ?? AnchorName.Empty;
        ManifestNode node = _parser.Current switch
        {
            Scalar => ReadScalar(),
            SequenceStart => ReadList(depth),
            MappingStart => ReadMap(depth),
            _ => throw TooLarge("a value"),
        };
        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = node;
        }

        return node;
    }

    private ManifestNode ReadScalar()
    {
        Scalar scalar = _parser.Consume<Scalar>();
        return scalar.Style != ScalarStyle.Plain ? new ManifestText(scalar.Value)
            : NullPattern().IsMatch(scalar.Value) ? new ManifestScalar(ManifestScalarKind.Null, scalar.Value)
            : BooleanPattern().IsMatch(scalar.Value) ? new ManifestScalar(ManifestScalarKind.Boolean, scalar.Value)
            : NumberPattern().IsMatch(scalar.Value) ? new ManifestScalar(ManifestScalarKind.Number, scalar.Value)
            : new ManifestText(scalar.Value);
    }

    private ManifestList ReadList(int depth)
    {
        _parser.Consume<SequenceStart>();
        List<ManifestNode> items = [];
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1));
        }

        return new ManifestList(items);
    }

    private ManifestMap ReadMap(int depth)
    {
        _parser.Consume<MappingStart>();
        List<KeyValuePair<string, ManifestNode>> fields = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            Mark at = _parser.Current?.Start ?? Mark.Empty;
            string name = _parser.TryConsume<Scalar>(out var key)
                ? key.Value
                : throw new ManifestSyntaxException($"manifest: expected a text as the name of a field at line {at.Line}, column {at.Column}");
            if (!names.Add(name))
            {
                throw new ManifestSyntaxException($"manifest: expected each field once, found '{name}' again at line {at.Line}, column {at.Column}");
            }

            fields.Add(KeyValuePair.Create(name, ReadNode(depth + 1)));
        }

        return new ManifestMap(fields);
    }

    private void Count(int weight)
    {
        _nodes += weight;
        if (_nodes > ManifestLimits.Nodes)
        {
            throw TooLarge($"at most {ManifestLimits.Nodes} values");
        }
    }

    private ManifestSyntaxException TooLarge(string expected)
    {
        Mark at = _parser.Current?.Start ?? Mark.Empty;
        return new ManifestSyntaxException($"manifest: expected {expected}, found otherwise at line {at.Line}, column {at.Column}");
    }

    // YAML 1.2 core schema, section 10.3.2.
    [GeneratedRegex(@"\A(?:null|Null|NULL|~|)\z")]
    private static partial Regex NullPattern();

    [GeneratedRegex(@"\A(?:true|True|TRUE|false|False|FALSE)\z")]
    private static partial Regex BooleanPattern();

    [GeneratedRegex(@"\A(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\z")]
    private static partial Regex NumberPattern();
}
