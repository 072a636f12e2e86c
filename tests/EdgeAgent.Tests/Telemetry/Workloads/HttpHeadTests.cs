using System.Text;
using MicroVm.EdgeAgent.Telemetry.Workloads;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Tests.Telemetry.Workloads;

public sealed class HttpHeadTests
{
    [Fact]
    public void Post_OfAnyClient_IsParsed() => Assert.Equal(
        new HttpHead("POST", "/v1/telemetry", 12, false, true),
        Parse("POST /v1/telemetry?x=1 HTTP/1.1\r\nHost: 169.254.169.254\r\ncontent-LENGTH:  12 \r\nExpect: 100-Continue"));

    [Theory]
    [InlineData("")]
    [InlineData("POST /v1/telemetry")]
    [InlineData("POST /v1/telemetry HTTP/2")]
    [InlineData("POST v1 HTTP/1.1")]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: -1")]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2")]
    [InlineData("POST / HTTP/1.1\r\nContent-Length : 1")]
    [InlineData("POST / HTTP/1.1\r\n folded")]
    [InlineData("POST / HTTP/1.1\r\nno colon")]
    [InlineData("\u0016\u0003\u0001 TLS hello")]
    public void AnythingElse_IsNull(string head) => Assert.Null(Parse(head));

    [Theory]
    [InlineData("POST /v1/telemetry HTTP/1.1\r\nContent-Length: 5", null)]
    [InlineData("POST /v1/telemetry HTTP/1.1", 411)]
    [InlineData("POST /v1/telemetry HTTP/1.1\r\nTransfer-Encoding: chunked", 411)]
    [InlineData("POST /v1/telemetry HTTP/1.1\r\nContent-Length: 65537", 413)]
    [InlineData("POST /v1/telemetry HTTP/1.1\r\nContent-Length: 9223372036854775807", 413)]
    [InlineData("GET /v1/telemetry HTTP/1.1", 405)]
    [InlineData("POST /latest/meta-data HTTP/1.1\r\nContent-Length: 5", 404)]
    [InlineData("nonsense", 400)]
    public void Judge_OfAHead_IsTheStatus(string head, int? status) => Assert.Equal(status, HttpAnswers.Judge(Parse(head))?.Status);

    [Fact]
    public void Write_ARefusal_HasItsReasonAsTheBody()
    {
        string text = Encoding.UTF8.GetString(HttpAnswers.Write(new MetricAnswer(429, "too much, Köln")));

        Assert.Equal(
            $"HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: {MetricLimits.WindowSeconds}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 16\r\n\r\ntoo much, Köln\n",
            text);
    }

    private static HttpHead? Parse(string head) => HttpHead.TryParse(Encoding.Latin1.GetBytes(head));
}
