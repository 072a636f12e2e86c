using System.Text;
using CsCheck;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Mmds;
using MicroVm.Vmm.Tests.RateLimiting;

namespace MicroVm.Vmm.Tests.Mmds;

public sealed class MetadataServiceTests
{
    private const string NoToken =
        "No MMDS token provided. Use `X-metadata-token` or `X-aws-ec2-metadata-token` header to specify the session token.";

    private readonly ManualClock _clock = new();
    private readonly MetadataService _service;

    public MetadataServiceTests()
    {
        _service = new MetadataService(51_200, _clock);
        _service.Store.TryPut("""{"latest":{"meta-data":{"id":"a\"b","plain":"text","n":5,"list":["x"],"none":null,"sub":{"k":1}}},"e":""}"""u8);
    }

    private (string Head, string Body, bool Closes) Ask(string request)
    {
        MetadataAnswer answer = _service.Answer(Encoding.Latin1.GetBytes(request));
        byte[] bytes = new byte[answer.Bytes];
        answer.CopyTo(0, bytes);
        string text = Encoding.UTF8.GetString(bytes);
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        Assert.Contains($"Content-Length: {bytes.Length - end}\r\n", text, StringComparison.Ordinal);
        return (text[..end], text[end..], answer.Closes);
    }

    private (int Status, string Body) Get(string path, string headers = "") => Status(Ask($"GET {path} HTTP/1.1\r\nHost: 169.254.169.254\r\n{headers}\r\n"));

    private (int Status, string Body) Put(string path, string headers = "") => Status(Ask($"PUT {path} HTTP/1.1\r\n{headers}\r\n"));

    private static (int Status, string Body) Status((string Head, string Body, bool Closes) answer) =>
        (int.Parse(answer.Head.AsSpan(9, 3)), answer.Body);

    private string Token(int seconds = 60)
    {
        (int status, string body) = Put("/latest/api/token", $"X-metadata-token-ttl-seconds: {seconds}\r\n");
        Assert.Equal(200, status);
        return body;
    }

    [Theory]
    [InlineData("/latest/meta-data/plain", "text")]
    [InlineData("/latest/meta-data/id", "a\"b")]
    [InlineData("//latest///meta-data/plain/", "text")]
    [InlineData("http://169.254.169.254/latest/meta-data/plain", "text")]
    [InlineData("/", "e\nlatest/")]
    [InlineData("/latest/meta-data", "id\nlist\nn\nnone\nplain\nsub/")]
    [InlineData("/latest/meta-data/list/0", "x")]
    [InlineData("/e", "")]
    public void Get_InPlainText_IsTheFormOfImds(string path, string expected)
    {
        Assert.Equal((200, expected), Get(path));
        Assert.Equal((200, expected), Get(path, "Accept: text/plain\r\n"));
        Assert.Equal((200, expected), Get(path, "Accept: */*\r\n"));
    }

    [Theory]
    [InlineData("/latest/meta-data/plain", "\"text\"")]
    [InlineData("/latest/meta-data/n", "5")]
    [InlineData("/latest/meta-data/none", "null")]
    [InlineData("/latest/meta-data/list/", "[\"x\"]")]
    [InlineData("/latest/meta-data/sub", "{\"k\":1}")]
    public void Get_AsJson_IsTheValue(string path, string expected)
    {
        (string head, string body, bool closes) = Ask($"GET {path} HTTP/1.1\r\naccept: application/json\r\n\r\n");
        Assert.Equal((expected, false), (body, closes));
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: application/json\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: keep-alive\r\n", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/latest/meta-data/n")]
    [InlineData("/latest/meta-data/none")]
    [InlineData("/latest/meta-data/list")]
    public void Get_WhatHasNoPlainForm_Is501(string path) =>
        Assert.Equal((501, "Cannot retrieve value. The value has an unsupported type."), Get(path));

    [Fact]
    public void Get_WhatIsNotThere_Is404WithThePathAsAsked() => Assert.Equal((404, "Resource not found: //nothing."), Get("//nothing"));

    [Fact]
    public void Get_WithImdsCompat_IsPlainWhateverIsAccepted()
    {
        _service.Config = new MmdsConfig(["eth0"], ImdsCompat: true);
        Assert.Equal((200, "text"), Get("/latest/meta-data/plain", "Accept: application/json\r\n"));
    }

    [Fact]
    public void Get_InVersion1_TakesAnyTokenAndCounts()
    {
        Assert.Equal(200, Get("/").Status);
        Assert.Equal(200, Get("/", "X-metadata-token: nonsense\r\n").Status);
        Assert.Equal(200, Get("/", $"X-metadata-token: {Token()}\r\n").Status);
        Assert.Equal((1, 1), (_service.Metrics.RxNoToken, _service.Metrics.RxInvalidToken));
    }

    [Fact]
    public void Get_InVersion2_NeedsATokenThatIsValid()
    {
        _service.Config = new MmdsConfig(["eth0"], MmdsVersion.V2);
        Assert.Equal((401, NoToken), Get("/latest/meta-data/plain"));
        Assert.Equal((401, "MMDS token not valid."), Get("/latest/meta-data/plain", "X-metadata-token: nonsense\r\n"));
        Assert.Equal((401, "MMDS token not valid."), Get("/latest/meta-data/plain", "X-metadata-token:\r\n"));
        string token = Token(10);
        Assert.Equal((200, "text"), Get("/latest/meta-data/plain", $"X-metadata-token: {token}\r\n"));
        Assert.Equal((200, "text"), Get("/latest/meta-data/plain", $"x-aws-ec2-METADATA-token: {token}\r\n"));
        _clock.AdvanceMilliseconds(10_000);
        Assert.Equal((401, "MMDS token not valid."), Get("/latest/meta-data/plain", $"X-metadata-token: {token}\r\n"));
        Assert.Equal((1, 3), (_service.Metrics.RxNoToken, _service.Metrics.RxInvalidToken));
    }

    [Theory]
    [InlineData("X-metadata-token-ttl-seconds")]
    [InlineData("X-aws-ec2-metadata-token-ttl-seconds")]
    public void Put_ForAToken_SaysHowLongItLives(string header)
    {
        (string head, string body, _) = Ask($"PUT /latest//api/token HTTP/1.1\r\n{header}: 21600\r\nContent-Length: 0\r\n\r\n");
        Assert.Contains($"\r\n{header}: 21600\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: text/plain\r\n", head, StringComparison.Ordinal);
        Assert.Equal(SessionTokens.TextBytes, body.Length);
    }

    [Theory]
    [InlineData("/latest/api/toke", "X-metadata-token-ttl-seconds: 60\r\n", 404, "Resource not found: /latest/api/toke.")]
    [InlineData("/latest/api/token", "", 400, "Token time to live value not found. Use `X-metadata-token-ttl-seconds` or `X-aws-ec2-metadata-token-ttl-seconds` header to specify the token's lifetime.")]
    [InlineData("/latest/api/token", "X-metadata-token-ttl-seconds: 0\r\n", 400, "Invalid time to live value provided for token: 0. Please provide a value between 1 and 21600.")]
    [InlineData("/latest/api/token", "X-metadata-token-ttl-seconds: 21601\r\n", 400, "Invalid time to live value provided for token: 21601. Please provide a value between 1 and 21600.")]
    [InlineData("/latest/api/token", "X-metadata-token-ttl-seconds: soon\r\n", 400, "Invalid header. Reason: Invalid value. Key:X-metadata-token-ttl-seconds; Value:soon")]
    [InlineData("/latest/api/token", "X-metadata-token-ttl-seconds: 4294967296\r\n", 400, "Invalid header. Reason: Invalid value. Key:X-metadata-token-ttl-seconds; Value:4294967296")]
    [InlineData("/", "X-Forwarded-For: foo\r\n", 400, "Invalid header. Reason: Unsupported header name. Key: X-Forwarded-For")]
    public void Put_WhatIsWrong_IsFirecrackersRefusal(string path, string headers, int status, string text) =>
        Assert.Equal((status, text), Put(path, headers));

    [Theory]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public void OtherMethods_Are405WithThoseAllowed(string method)
    {
        (string head, string body, _) = Ask($"{method} / HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 405 Method Not Allowed\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nAllow: GET, PUT\r\n", head, StringComparison.Ordinal);
        Assert.Equal("Not allowed HTTP method.", body);
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\n\r\n", 501, "Unsupported HTTP method.")]
    [InlineData("GET / HTTP/2.0\r\n\r\n", 501, "Unsupported HTTP version.")]
    [InlineData("PATCH  HTTP/1.1\r\n\r\n", 400, "Empty URI not allowed.")]
    [InlineData("GET /\u00ff HTTP/1.1\r\n\r\n", 400, "Cannot parse URI as UTF-8.")]
    [InlineData("GET / HTTP/1.1\n\n", 400, "Invalid request.")]
    [InlineData("GET / HTTP/1.1\r\nA: b\n\r\n", 400, "Invalid request.")]
    [InlineData("\r\n\r\n", 400, "Invalid request.")]
    [InlineData("GET /aaaaaaaaaaaa\r\n\r\n", 400, "Invalid request.")]
    [InlineData("GET / HTTP/1.1\r\nNoColon\r\n\r\n", 400, "Header is incorrectly formatted. Key: NoColon")]
    [InlineData("GET / HTTP/1.1\r\nContent-Length: 100\r\n\r\n", 400, "Invalid request.")]
    [InlineData("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "Invalid request.")]
    [InlineData("GET / HTTP/1.1\r\nContent-Length: alpha\r\n\r\n", 400, "Invalid value. Key:Content-Length; Value: alpha")]
    public void Request_ThatIsNone_IsRefusedAndEndsTheConnection(string request, int status, string text)
    {
        (string Head, string Body, bool Closes) answer = Ask(request);
        Assert.Equal((status, text), Status(answer));
        Assert.True(answer.Closes);
        Assert.Contains("\r\nConnection: close\r\n", answer.Head, StringComparison.Ordinal);
    }

    [Fact]
    public void Request_ForNoPath_Is400() => Assert.Equal((400, "Invalid URI."), Get("nowhere"));

    [Theory]
    [InlineData("GET / HTTP/1.0\r\n\r\n", "HTTP/1.0", true)]
    [InlineData("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.0", false)]
    [InlineData("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1", true)]
    public void Connection_EndsWhenTheGuestWantsItTo(string request, string version, bool closes)
    {
        (string head, _, bool found) = Ask(request);
        Assert.Equal(closes, found);
        Assert.StartsWith(version, head, StringComparison.Ordinal);
    }

    [Fact]
    public void Get_BeforeThereIsMetadata_IsNull()
    {
        var service = new MetadataService(100);
        Assert.Equal("null"u8, service.Answer("GET / HTTP/1.1\r\nAccept: application/json\r\n\r\n"u8).Body.Span);
        Assert.StartsWith("HTTP/1.1 501", Encoding.ASCII.GetString(service.Answer("GET / HTTP/1.1\r\n\r\n"u8).Head.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Answer_ToAnyBytes_IsOne()
    {
        byte[] whole = "PUT /latest/api/token HTTP/1.1\r\nAccept: application/json\r\nX-metadata-token-ttl-seconds: 60\r\nContent-Length: 0\r\n\r\n"u8.ToArray();
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.OneOf(Gen.Byte, Gen.Const((byte)'\r'), Gen.Const((byte)'\n'), Gen.Const((byte)' ')), Gen.Int[0, whole.Length]).Sample(
            (at, value, length) =>
            {
                byte[] damaged = whole[..length];
                if (at < length)
                {
                    damaged[at] = value;
                }

                return _service.Answer(damaged).Bytes > 0;
            },
            iter: 20_000);
        Gen.Byte.Array[0, 60].Sample(bytes => _service.Answer(bytes).Bytes > 0, iter: 5000);
    }
}
