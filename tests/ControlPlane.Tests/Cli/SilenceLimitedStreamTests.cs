using System.IO.Pipelines;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Tests.Kit;
using Microsoft.Extensions.Time.Testing;

using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Tests.Cli;

public sealed class SilenceLimitedStreamTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Pipe _pipe = new();

    [Fact]
    public async Task Read_NothingComesForTheLimit_EndsInAnIOException()
    {
        await using SilenceLimitedStream stream = new(_pipe.Reader.AsStream(), TimeSpan.FromSeconds(45), _time);
        Task<int> first = stream.ReadAsync(new byte[8]).AsTask();
        _time.Advance(TimeSpan.FromSeconds(44));
        await _pipe.Writer.WriteAsync(": keep"u8.ToArray());
        Assert.Equal(6, await first.Within("first read"));

        Task<int> second = stream.ReadAsync(new byte[8]).AsTask();
        _time.Advance(TimeSpan.FromSeconds(44));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("nothing came for 45 s", (await Assert.ThrowsAsync<IOException>(() => second.Within("second read"))).Message);
    }

    [Fact]
    public async Task Read_CallerCancels_IsCancelled()
    {
        await using SilenceLimitedStream stream = new(_pipe.Reader.AsStream(), TimeSpan.FromSeconds(45), _time);
        using CancellationTokenSource cancellation = new();
        Task<int> read = stream.ReadAsync(new byte[8], cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Within("read"));
    }
}
