using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Tests.Mmds;

public sealed class MetadataStoreTests
{
    private const string Document = """
        {"latest":{"meta-data":{"ami-id":"ami-1","list":["x","y"],"a/b":1,"~c":2,"":{"":3}}},"n":null}
        """;

    private readonly MetadataStore _store = new(1000);

    private string? Find(string path) =>
        _store.TryFind(Encoding.UTF8.GetBytes(path), out ReadOnlyMemory<byte> value) ? Encoding.UTF8.GetString(value.Span) : null;

    [Theory]
    [InlineData("/latest/meta-data/ami-id", "\"ami-1\"")]
    [InlineData("/latest/meta-data/ami-id/", "\"ami-1\"")]
    [InlineData("/latest/meta-data/list", """["x","y"]""")]
    [InlineData("/latest/meta-data/list/0", "\"x\"")]
    [InlineData("/latest/meta-data/list/1/", "\"y\"")]
    [InlineData("/latest/meta-data/list/2", null)]
    [InlineData("/latest/meta-data/list/01", null)]
    [InlineData("/latest/meta-data/list/+1", null)]
    [InlineData("/latest/meta-data/list/99999999999999999999", null)]
    [InlineData("/latest/meta-data/list/", """["x","y"]""")]
    [InlineData("/latest/meta-data/a~1b", "1")]
    [InlineData("/latest/meta-data/a/b", null)]
    [InlineData("/latest/meta-data/~0c", "2")]
    [InlineData("/latest/meta-data//", """{"":3}""")]
    [InlineData("/latest/meta-data/ami-id/x", null)]
    [InlineData("/latest/meta-data/ami", null)]
    [InlineData("/n", "null")]
    [InlineData("/n/x", null)]
    [InlineData("latest", null)]
    public void TryFind_APath_IsItsValue(string path, string? expected)
    {
        Assert.True(_store.TryPut(Encoding.UTF8.GetBytes(Document)));
        Assert.Equal(expected, Find(path));
        Assert.Equal(Encoding.UTF8.GetString(_store.Document.Span), Find("/"));
    }

    [Fact]
    public void Store_BeforeTheFirstDocument_IsNull()
    {
        Assert.False(_store.IsInitialized);
        Assert.Equal("null", Find("/"));
        Assert.Null(Find("/latest"));
    }

    [Fact]
    public void TryPut_OverTheLimitInNormalForm_ChangesNothing()
    {
        Assert.True(_store.TryPut(Encoding.UTF8.GetBytes($"  [\"{new string('a', 996)}\"]  ")));
        Assert.False(_store.TryPut(Encoding.UTF8.GetBytes($"[\"{new string('b', 997)}\"]")));
        Assert.StartsWith("[\"aaa", Find("/"), StringComparison.Ordinal);
    }

    [Fact]
    public void TryPatch_OverTheLimit_ChangesNothing()
    {
        Assert.True(_store.TryPut("""{"a":1}"""u8));
        Assert.False(_store.TryPatch(Encoding.UTF8.GetBytes($$"""{"b":"{{new string('b', 1000)}}"}""")));
        Assert.True(_store.TryPatch("""{"b":2}"""u8));
        Assert.Equal("""{"a":1,"b":2}""", Find("/"));
    }

    [Fact]
    public void TryFind_EveryPlaceOfAnyDocument_IsItsValue() => JsonDocuments.Any.Sample(
        node =>
        {
            var store = new MetadataStore(int.MaxValue);
            Assert.True(store.TryPut(Encoding.UTF8.GetBytes(JsonDocuments.Write(node))));
            CheckAll(store, "", node);
        },
        iter: 500);

    private static void CheckAll(MetadataStore store, string path, JsonNode? node)
    {
        // The slash at the end keeps an empty last name from being taken for one.
        Assert.True(store.TryFind(Encoding.UTF8.GetBytes(path + "/"), out ReadOnlyMemory<byte> value), path);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(value.Span), node), path);
        if (node is JsonObject members)
        {
            foreach ((string name, JsonNode? member) in members)
            {
                string escaped = name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
                CheckAll(store, $"{path}/{escaped}", member);
            }
        }
        else if (node is JsonArray items)
        {
            for (int i = 0; i < items.Count; i++)
            {
                CheckAll(store, $"{path}/{i}", items[i]);
            }
        }
    }

    [Fact]
    public void TryFind_AnyPath_NeverThrows()
    {
        _store.TryPut(Encoding.UTF8.GetBytes(Document));
        Gen.Byte.Array[0, 30].Sample(path => { _store.TryFind(path, out _); }, iter: 5000);
    }
}
