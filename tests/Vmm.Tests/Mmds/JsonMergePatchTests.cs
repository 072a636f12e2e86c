using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Tests.Mmds;

public sealed class JsonMergePatchTests
{
    private static string Apply(string target, string patch) => Encoding.UTF8.GetString(JsonMergePatch.Apply(
        JsonNormalizer.Normalize(Encoding.UTF8.GetBytes(target)), JsonNormalizer.Normalize(Encoding.UTF8.GetBytes(patch))));

    /// <summary>The cases of RFC 7396 appendix A.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"a":"foo"}""", "null", "null")]
    [InlineData("""{"a":"foo"}""", "\"bar\"", "\"bar\"")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"a":1,"e":null}""")]
    [InlineData("[1,2]", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    [InlineData("""{"a":{"x":null,"y":[null]},"b":1}""", """{"b":2}""", """{"a":{"x":null,"y":[null]},"b":2}""")]
    public void Apply_TheCasesOfTheRfc_GivesTheirResults(string target, string patch, string expected) =>
        Assert.Equal(expected, Apply(target, patch));

    /// <summary>As the pseudo code of RFC 7396 section 2, on objects, does it; and the outcome is normal.</summary>
    [Fact]
    public void Apply_AnyDocuments_IsWhatTheRfcSays() => Gen.Select(JsonDocuments.Any, JsonDocuments.Any).Sample(
        (target, patch) =>
        {
            string result = Apply(JsonDocuments.Write(target), JsonDocuments.Write(patch));
            JsonNode? expected = Merge(target, patch);
            return JsonNode.DeepEquals(JsonNode.Parse(result), expected)
                && result == Encoding.UTF8.GetString(JsonNormalizer.Normalize(Encoding.UTF8.GetBytes(result)));
        },
        iter: 3000);

    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        JsonObject result = target is JsonObject old ? (JsonObject)old.DeepClone() : [];
        foreach ((string name, JsonNode? value) in changes)
        {
            if (value is null)
            {
                result.Remove(name);
            }
            else
            {
                JsonNode? merged = Merge(result[name], value);
                result[name] = merged;
            }
        }

        return result;
    }
}
