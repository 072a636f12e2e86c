using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Sessions;

namespace MicroVm.Shared.Tests.Sessions;

/// <summary>What carries sessions: streams and WebSockets.</summary>
public sealed class SessionChannelTests
{
    [Fact]
    public async Task Messages_OfEverySize_ArriveAsTheyWereOverBoth()
    {
        (NetworkStream one, NetworkStream other) = await PairAsync();
        (NetworkStream client, NetworkStream server) = await PairAsync();
        (SessionChannel From, SessionChannel To)[] pairs =
        [
            (new StreamChannel(one), new StreamChannel(other)),
            (new WebSocketChannel(client, isServer: false, TimeProvider.System), new WebSocketChannel(server, isServer: true, TimeProvider.System)),
        ];
        foreach ((SessionChannel from, SessionChannel to) in pairs)
        {
            foreach (int size in (int[])[1, 2, 4095, 4096, 4097, 65535, 65536, SessionFrame.MaxContentBytes + 1])
            {
                byte[] message = new byte[size];
                Random.Shared.NextBytes(message);
                Task sent = from.SendAsync(message, default).AsTask();
                Assert.Equal(message, (await to.ReceiveAsync(default)).ToArray());
                await sent;
            }

            await from.EndAsync("done");
            await from.DisposeAsync();
            Assert.True((await to.ReceiveAsync(default)).IsEmpty);
        }

        Assert.Equal("done", ((WebSocketChannel)pairs[1].To).CloseReason);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0 }, "session frame: expected a length of 1 to 65537, found 0")]
    [InlineData(new byte[] { 0, 1, 0, 2 }, "session frame: expected a length of 1 to 65537, found 65538")]
    [InlineData(new byte[] { 0, 0 }, "session frame: expected a length of 4 bytes, found the end after 2")]
    [InlineData(new byte[] { 0, 0, 0, 9, 1, 2 }, "session frame: expected 9 bytes, found the end after 2")]
    public async Task Stream_WithBadLengths_IsAFault(byte[] bytes, string fault)
    {
        (NetworkStream one, NetworkStream other) = await PairAsync();
        await one.WriteAsync(bytes);
        await one.DisposeAsync();

        Assert.Equal(fault, (await Assert.ThrowsAsync<WireFormatException>(() => new StreamChannel(other).ReceiveAsync(default).AsTask())).Message);
    }

    [Fact]
    public async Task WebSocket_WithTextOrTooLongOrEmptyMessages_IsAFault()
    {
        (WebSocketMessageType Type, int Length, string Fault)[] cases =
        [
            (WebSocketMessageType.Text, 3, "session: expected binary messages, found text"),
            (WebSocketMessageType.Binary, SessionFrame.MaxContentBytes + 2, "session: expected messages of at most 65537 bytes, found a longer one"),
            (WebSocketMessageType.Binary, 1 << 20, "session: expected messages of at most 65537 bytes, found a longer one"),
            (WebSocketMessageType.Binary, 0, "session: expected a kind, found an empty message"),
        ];
        foreach ((WebSocketMessageType type, int length, string fault) in cases)
        {
            (NetworkStream one, NetworkStream other) = await PairAsync();
            using WebSocket raw = WebSocket.CreateFromStream(one, new WebSocketCreationOptions());
            await using WebSocketChannel channel = new(other, isServer: true, TimeProvider.System);
            Task sending = raw.SendAsync(new byte[length], type, endOfMessage: true, default);

            Assert.Equal(fault, (await Assert.ThrowsAsync<WireFormatException>(() => channel.ReceiveAsync(default).AsTask())).Message);
            await channel.DisposeAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <summary>Whoever only does not read is no half-dead peer; whoever waits for one that is gone finds out.</summary>
    [Fact]
    public async Task WebSocket_Silence_CountsOnlyWhileSomebodyWaits()
    {
        ManualTime time = new();
        (NetworkStream one, NetworkStream other) = await PairAsync();
        await using WebSocketChannel talking = new(one, isServer: false, TimeProvider.System), waiting = new(other, isServer: true, time);
        await talking.SendAsync(new byte[] { 1 }, default);
        time.Pass();
        Assert.Equal(1, (await waiting.ReceiveAsync(default)).Length);

        Task<ReadOnlyMemory<byte>> next = waiting.ReceiveAsync(default).AsTask();
        Assert.Equal(WebSocketChannel.SilenceLimit, time.Waits);
        time.Pass();

        Assert.Contains("nothing came for 45 s", (await Assert.ThrowsAsync<IOException>(() => next)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Handshake_Key_HasTheAnswerOfTheStandard()
    {
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", WebSocketHandshake.AcceptOf("dGhlIHNhbXBsZSBub25jZQ=="));
        Assert.True(WebSocketHandshake.IsKey("dGhlIHNhbXBsZSBub25jZQ=="));
        Assert.False(WebSocketHandshake.IsKey("dGhlIHNhbXBsZSBub25jZQ"));
        Assert.False(WebSocketHandshake.IsKey(null));
    }

    private static async Task<(NetworkStream One, NetworkStream Other)> PairAsync()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Socket one = new(SocketType.Stream, ProtocolType.Tcp);
        await one.ConnectAsync(listener.LocalEndpoint);
        return (new NetworkStream(one, ownsSocket: true), new NetworkStream(await listener.AcceptSocketAsync(), ownsSocket: true));
    }

    /// <summary>Time that passes when the test says so: then every timer that waits is due.</summary>
    private sealed class ManualTime : TimeProvider
    {
        private readonly List<(TimerCallback Callback, object? State)> _timers = [];

        internal TimeSpan Waits { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits = dueTime;
            _timers.Add((callback, state));
            return new Timer(() => _timers.Remove((callback, state)));
        }

        internal void Pass()
        {
            foreach ((TimerCallback callback, object? state) in _timers.ToArray())
            {
                callback(state);
            }
        }

        private sealed class Timer(Action end) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => end();

            public ValueTask DisposeAsync()
            {
                end();
                return ValueTask.CompletedTask;
            }
        }
    }
}
