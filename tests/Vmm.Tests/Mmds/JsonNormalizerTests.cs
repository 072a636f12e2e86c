using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Tests.Mmds;

public sealed class JsonNormalizerTests
{
    private static string Normalize(string json) => Encoding.UTF8.GetString(JsonNormalizer.Normalize(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("null", "null")]
    [InlineData(" [ 1 , 2.50 , -0 , 1e3, true , \"a\" ] ", "[1,2.50,-0,1e3,true,\"a\"]")]
    [InlineData("""{"b":1,"a":{"d":[],"c":{}}}""", """{"a":{"c":{},"d":[]},"b":1}""")]
    [InlineData("""{"a":1,"b":2,"a":{"x":3}}""", """{"a":{"x":3},"b":2}""")]
    [InlineData("""{"ab":1,"a":2,"":3,"a\"":4}""", """{"":3,"a":2,"a\"":4,"ab":1}""")]
    [InlineData("""["\u0041\/\u00e4\u000a\u001f\u007f\ud83d\ude00\"\\"]""", "[\"A/\u00e4\\n\\u001f\u007f\U0001f600\\\"\\\\\"]")]
    public void Normalize_AnyForm_IsTheOneForm(string json, string expected) => Assert.Equal(expected, Normalize(json));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1,]")]
    [InlineData("{} {}")]
    [InlineData("{'a':1}")]
    [InlineData("01")]
    [InlineData("""["\ud83d"]""")]
    [InlineData("[/**/]")]
    public void Normalize_NoJson_IsRefused(string json) => Assert.Throws<VmConfigException>(() => Normalize(json));

    [Fact]
    public void Normalize_BytesThatAreNoText_AreRefused() => Assert.Throws<VmConfigException>(() => JsonNormalizer.Normalize([0x22, 0xff, 0x22]));

    [Fact]
    public void Normalize_NestedTooDeeply_IsRefused()
    {
        Assert.Equal(254, Normalize(new string('[', 127) + new string(']', 127)).Length);
        Assert.Throws<VmConfigException>(() => Normalize(new string('[', 128) + new string(']', 128)));
    }

    /// <summary>Any document, in whatever of its forms, is the same document afterwards, and normal text stays as it is.</summary>
    [Fact]
    public void Normalize_AnyDocument_KeepsItsMeaning() => JsonDocuments.Any.Sample(
        node =>
        {
            string written = JsonDocuments.Write(node, indented: true);
            string normal = Normalize(written);
            return JsonNode.DeepEquals(JsonNode.Parse(normal), node) && Normalize(normal) == normal;
        },
        iter: 2000);

    [Fact]
    public void Normalize_AnyBytes_IsTextOrRefused() => Gen.Byte.Array[0, 40].Sample(
        bytes =>
        {
            try
            {
                return JsonNormalizer.Normalize(bytes).Length <= bytes.Length;
            }
            catch (VmConfigException)
            {
                return true;
            }
        },
        iter: 20_000);
}
