using System.Formats.Cbor;
using System.Text;

namespace MicroVm.Shared.Tests.Contracts;

/// <summary>The shape of every message, made of encoded samples, is checked in as <c>src/Shared/WireContracts.txt</c>.</summary>
public sealed class WireContractTests
{
    private const string Head = """
        Keys and types of every message, made of encoded samples by tests/Shared.Tests. Within a version keys are only added;
        they are never given another type or meaning.

        """;

    [Fact]
    public void Messages_HaveTheShapeThatIsCheckedIn()
    {
        StringBuilder text = new(Head.ReplaceLineEndings("\n"));
        foreach (IGrouping<Type, WireSample> kind in WireSamples.All.GroupBy(static sample => sample.Value.GetType()))
        {
            SortedDictionary<string, string> shape = new(StringComparer.Ordinal);
            foreach (WireSample sample in kind)
            {
                Describe(new CborReader(sample.Encoded, CborConformanceMode.Canonical), "", shape);
            }

            text.Append('\n').Append(kind.Key.Name).Append('\n');
            foreach ((string path, string type) in shape.Where(static field => field.Key.Length > 0))
            {
                text.Append($"  {Readable(path)}: {type}\n");
            }
        }

        RepositoryFiles.AssertHolds(RepositoryFiles.Path("src", "Shared", "WireContracts.txt"), text.ToString());
    }

    // Keys are padded while they are sorted, so that 2 comes before 10.
    private static string Readable(string path) => string.Join('.', path.Split('.').Select(static part => part.TrimStart('0') is { Length: > 0 } key ? key : "0"));

    private static void Describe(CborReader reader, string path, SortedDictionary<string, string> shape)
    {
        switch (reader.PeekState())
        {
            case CborReaderState.StartMap:
                reader.ReadStartMap();
                DescribeMap(reader, path, shape);
                break;
            case CborReaderState.StartArray:
                reader.ReadStartArray();
                shape[path] = "list";
                while (reader.PeekState() != CborReaderState.EndArray)
                {
                    Describe(reader, path + ".[]", shape);
                }

                reader.ReadEndArray();
                break;
            default:
                string type = TypeOf(reader.PeekState());
                Assert.True(!shape.TryGetValue(path, out string? before) || before == type, $"{path} is {type} here and {before} there");
                shape[path] = type;
                reader.SkipValue();
                break;
        }
    }

    private static void DescribeMap(CborReader reader, string path, SortedDictionary<string, string> shape)
    {
        if (reader.PeekState() == CborReaderState.EndMap)
        {
            shape.TryAdd(path, "map");
        }

        while (reader.PeekState() != CborReaderState.EndMap)
        {
            if (reader.PeekState() == CborReaderState.TextString)
            {
                shape[path] = "map of text to text";
                reader.ReadTextString();
                Assert.Equal(CborReaderState.TextString, reader.PeekState());
                reader.SkipValue();
            }
            else
            {
                shape[path] = "map";
                Describe(reader, (path.Length == 0 ? "" : path + ".") + reader.ReadInt32().ToString("000"), shape);
            }
        }

        reader.ReadEndMap();
    }

    private static string TypeOf(CborReaderState state) => state switch
    {
        CborReaderState.UnsignedInteger or CborReaderState.NegativeInteger => "integer",
        CborReaderState.TextString => "text",
        CborReaderState.ByteString => "bytes",
        CborReaderState.Boolean => "boolean",
        CborReaderState.HalfPrecisionFloat or CborReaderState.SinglePrecisionFloat or CborReaderState.DoublePrecisionFloat => "number",
        _ => throw new NotSupportedException($"{state} is in no message"),
    };
}
