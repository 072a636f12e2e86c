using System.Net.Sockets;
using System.Text;
using CsCheck;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms.Control;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Vms.Control;

/// <summary>A socket of the test's stands for the VMM.</summary>
public sealed class VmmApiTests : IDisposable
{
    private const string Statistics =
        """{"target_pages":8192,"actual_pages":8000,"target_mib":32,"actual_mib":31,"free_memory":3000,"total_memory":60000,"available_memory":5000,"disk_caches":700,"oom_kill":2}""";

    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();
    private readonly VmmApi _api;

    public VmmApiTests() => _api = new VmmApi(_time);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ReadBalloon_AnswerInPieces_IsWhatTheVmmSays()
    {
        string head = $"HTTP/1.1 200 \r\nContent-Type: application/json\r\nContent-Length: {Statistics.Length}\r\n\r\n";
        Task<string> request = AnswerAsync(head, Statistics[..20], Statistics[20..]);

        BalloonReading reading = await Phase.Of("reading", _api.ReadBalloonAsync(_directory["api"], TestContext.Current.CancellationToken));

        Assert.StartsWith("GET /balloon/statistics HTTP/1.1\r\n", await request, StringComparison.Ordinal);
        Assert.Equal(
            new BalloonReading(32, 31) { AvailableBytes = 5000, FreeBytes = 3000, TotalBytes = 60000, CacheBytes = 700, OutOfMemoryKills = 2 }, reading);
    }

    [Fact]
    public async Task SetBalloon_Amount_IsPatched()
    {
        Task<string> request = AnswerAsync("HTTP/1.1 204 \r\n\r\n");

        await Phase.Of("setting", _api.SetBalloonAsync(_directory["api"], 48, TestContext.Current.CancellationToken));

        string text = await request;
        Assert.StartsWith("PATCH /balloon HTTP/1.1\r\n", text, StringComparison.Ordinal);
        Assert.EndsWith("Content-Length: 17\r\n\r\n{\"amount_mib\":48}", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 \r\nContent-Length: 22\r\n\r\n{\"fault_message\":\"no\"}", "(400): {\"fault_message\":\"no\"}")]
    [InlineData("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n[]", "another document")]
    [InlineData("HTTP/1.1 200 \r\nContent-Length: 5000\r\n\r\n", "5000 bytes")]
    [InlineData("SSH-2.0\r\n\r\n", "HTTP")]
    [InlineData("HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\n{}", "no whole answer")]
    public async Task ReadBalloon_AnotherAnswer_IsAFaultThatSaysWhat(string answer, string expected)
    {
        _ = AnswerAsync(answer);

        IOException fault = await Assert.ThrowsAsync<IOException>(() => Phase.Of("reading", _api.ReadBalloonAsync(_directory["api"], TestContext.Current.CancellationToken)));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadBalloon_VmmWithoutSocket_IsAFault()
    {
        IOException fault = await Assert.ThrowsAsync<IOException>(() => _api.ReadBalloonAsync(_directory["none"], TestContext.Current.CancellationToken));

        Assert.Contains("cannot be reached", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadBalloon_VmmIsSilent_EndsAtTheLimit()
    {
        using Socket listener = Listen();
        Task<BalloonReading> reading = _api.ReadBalloonAsync(_directory["api"], TestContext.Current.CancellationToken);
        using Socket client = await Phase.Of("accept", listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask());

        _time.Advance(TimeSpan.FromSeconds(4));

        Assert.Contains("within 3 s", (await Assert.ThrowsAsync<IOException>(() => Phase.Of("end", reading))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Balloon_NameThatIsNoText_IsNone()
    {
        Assert.Null(VmmAnswerReader.Balloon("""{"target_mib":1,"actual_mib":1,"\ud800":1}"""u8.ToArray()));
        Assert.Null(VmmAnswerReader.Balloon((byte[])[.. "{\""u8, 0xFF, .. "\":1}"u8]));
    }

    [Fact]
    public void TryRead_AnyBytes_IsAnAnswerOrNoneOrAFault() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        byte[] answer = [.. "HTTP/1.1 200 \r\nContent-Length: 40\r\n\r\n"u8, .. bytes];
        try
        {
            if (VmmAnswerReader.TryRead(answer) is VmmAnswer read)
            {
                Assert.Null(VmmAnswerReader.Balloon(read.Body));
            }

            _ = VmmAnswerReader.TryRead(bytes);
        }
        catch (IOException)
        {
        }
    });

    private Socket Listen()
    {
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_directory["api"]));
        listener.Listen();
        return listener;
    }

    /// <summary>Takes one request, answers in pieces and closes; gives the request.</summary>
    private Task<string> AnswerAsync(params string[] pieces)
    {
        Socket listener = Listen();
        return Task.Run(async () =>
        {
            using Socket owned = listener;
            using Socket client = await listener.AcceptAsync();
            byte[] buffer = new byte[1000];
            int count = await client.ReceiveAsync(buffer);
            foreach (string piece in pieces)
            {
                await client.SendAsync(Encoding.ASCII.GetBytes(piece));
            }

            return Encoding.ASCII.GetString(buffer, 0, count);
        });
    }
}
