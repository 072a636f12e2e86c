using System.Text;
using CsCheck;
using MicroVm.Vmm.Control.Http;

namespace MicroVm.Vmm.Tests.Control;

public sealed class HttpHeadTests
{
    private static HttpParseResult Parse(string text, out HttpHead head, out string fault) =>
        HttpHead.TryParse(Encoding.Latin1.GetBytes(text), out head, out fault);

    [Fact]
    public void TryParse_AWholeHead_GivesItsParts()
    {
        Assert.Equal(
            HttpParseResult.Complete,
            Parse("PUT /drives/a HTTP/1.1\r\nHost: localhost\r\ncontent-LENGTH:  12 \r\nExpect: 100-continue\r\n\r\nbody", out HttpHead head, out _));
        Assert.Equal("PUT"u8, head.Method);
        Assert.Equal("/drives/a"u8, head.Target);
        Assert.Equal((12, true, false), (head.ContentLength, head.ExpectsContinue, head.Closes));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", false)]
    public void Closes_FollowsVersionAndConnection(string text, bool closes)
    {
        Assert.Equal(HttpParseResult.Complete, Parse(text, out HttpHead head, out _));
        Assert.Equal(closes, head.Closes);
    }

    [Fact]
    public void TryParse_ATargetWithHost_IsItsPath()
    {
        Assert.Equal(HttpParseResult.Complete, Parse("GET http://localhost/machine-config HTTP/1.1\r\n\r\n", out HttpHead head, out _));
        Assert.Equal("/machine-config"u8, head.Target);
    }

    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r")]
    public void TryParse_ABeginning_NeedsMore(string text) => Assert.Equal(HttpParseResult.NeedMore, Parse(text, out _, out _));

    [Theory]
    [InlineData("GET /\r\n\r\n")]
    [InlineData("GET  HTTP/1.1\r\n\r\n")]
    [InlineData(" / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/2.0\r\n\r\n")]
    [InlineData("GET / a HTTP/1.1\r\n\r\n")]
    [InlineData("G(T / HTTP/1.1\r\n\r\n")]
    [InlineData("GET http://a HTTP/1.1\r\n\r\n")]
    [InlineData("GET https://a/ HTTP/1.1\r\n\r\n")]
    [InlineData("GET http:///\u00ff HTTP/1.1\r\n\r\n")]
    [InlineData("GET /\u00ff HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nNoColon\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n: empty\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nName : space\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nA: b\nContent-Length: 5\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nA: \0\r\n\r\n")]
    [InlineData("PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("PUT / HTTP/1.1\r\nContent-Length: +1\r\n\r\n")]
    [InlineData("PUT / HTTP/1.1\r\nContent-Length: 0x10\r\n\r\n")]
    [InlineData("PUT / HTTP/1.1\r\nContent-Length: 1 1\r\n\r\n")]
    [InlineData("PUT / HTTP/1.1\r\nContent-Length:\r\n\r\n")]
    [InlineData("PUT / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("PUT / HTTP/1.1\r\nContent-Length: 51201\r\n\r\n")]
    [InlineData("PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n")]
    [InlineData("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("PUT / HTTP/1.1\r\nExpect: miracles\r\n\r\n")]
    public void TryParse_NoRequest_IsBadWithAReason(string text)
    {
        Assert.Equal(HttpParseResult.Bad, Parse(text, out _, out string fault));
        Assert.NotEmpty(fault);
    }

    [Fact]
    public void TryParse_OverTheLimits_IsBad()
    {
        Assert.Equal(HttpParseResult.Bad, Parse(new string('A', HttpLimits.MaxHeadBytes), out _, out _));
        Assert.Equal(HttpParseResult.Bad, Parse($"GET /{new string('a', 1024)} HTTP/1.1\r\n\r\n", out _, out _));
        string headers = string.Concat(Enumerable.Repeat("A: b\r\n", HttpLimits.MaxHeaders + 1));
        Assert.Equal(HttpParseResult.Bad, Parse($"GET / HTTP/1.1\r\n{headers}\r\n", out _, out _));
    }

    [Fact]
    public void TryParse_DamagedHeads_EndInOneOfThreeWays()
    {
        byte[] whole = "PUT /machine-config HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\nConnection: close\r\n\r\n"u8.ToArray();
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.OneOf(Gen.Byte, Gen.Const((byte)'\r'), Gen.Const((byte)'\n')), Gen.Int[0, whole.Length]).Sample(
            (at, value, length) =>
            {
                byte[] damaged = whole[..length];
                if (at < length)
                {
                    damaged[at] = value;
                }

                HttpParseResult result = HttpHead.TryParse(damaged, out HttpHead head, out _);
                return result != HttpParseResult.Complete
                    || (head.HeadBytes <= length && head.ContentLength is >= 0 and <= HttpLimits.DefaultMaxBodyBytes);
            },
            iter: 20_000);
    }
}
