using MicroVm.EdgeAgent.Logs;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Tests.Logs;

/// <summary>The log of one VM on the disk.</summary>
public sealed class LogRingTests : IDisposable
{
    private static readonly Guid s_run = Guid.NewGuid(), s_later = Guid.NewGuid();
    private static readonly LogLimits s_small = new(8 * 512, TimeSpan.FromDays(7));
    private readonly TempDirectory _directory = new();

    private string Path => _directory["web"];

    [Fact]
    public void Append_OverRunsAndReopenings_CursorsRiseByOneAndRepeatsAreNotKept()
    {
        using (LogRing ring = LogRing.Open(Path, LogLimits.Default))
        {
            Assert.True(Append(ring, s_run, 1));
            Assert.True(Append(ring, s_run, 2));
            Assert.False(Append(ring, s_run, 2));
        }

        using LogRing again = LogRing.Open(Path, LogLimits.Default);
        Assert.Equal(new LogPosition(s_run, 2), again.Position);
        Assert.False(Append(again, s_run, 1));
        Assert.True(Append(again, s_run, 3));
        Assert.True(Append(again, s_later, 1));

        Assert.Equal([(1UL, "line 1"), (2UL, "line 2"), (3UL, "line 3"), (4UL, "line 1")], again.Last(10).Select(line => (line.Cursor, line.Text)));
        Assert.Equal((LogStream.Stderr, 7L), (again.Last(1)[0].Stream, again.Last(1)[0].AtUnixNs));
    }

    [Fact]
    public void Append_Gap_IsAGapOfCursorsAndToldAsLost()
    {
        using LogRing ring = LogRing.Open(Path, LogLimits.Default);
        Append(ring, s_run, 1);

        ring.Append(s_run, Line(5), out ulong lost);
        ring.Append(s_later, Line(ulong.MaxValue), out ulong unbelievable);

        Assert.Equal((3UL, 1_000_000UL), (lost, unbelievable));
        Assert.Equal([1UL, 5UL, 1_000_006UL], ring.Last(10).Select(line => line.Cursor));
    }

    [Fact]
    public void Append_OverTheSize_TheOldestSegmentsGoAndTheRestIsWhole()
    {
        using LogRing ring = LogRing.Open(Path, s_small);
        for (ulong i = 1; i <= 1000; i++)
        {
            Append(ring, s_run, i);
            Assert.InRange(Directory.GetFiles(Path).Sum(file => new FileInfo(file).Length), 0, s_small.Bytes);
        }

        IReadOnlyList<SessionLogEntry> kept = ring.Last(int.MaxValue);

        Assert.InRange(kept.Count, 50, 100);
        Assert.Equal(Enumerable.Range(1001 - kept.Count, kept.Count).Select(i => (ulong)i), kept.Select(line => line.Cursor));
        Assert.Equal(kept.TakeLast(60), ring.Last(60));
    }

    [Fact]
    public void Reader_FromACursorThatIsGone_GoesOnWithTheOldest_AndOverSegmentsThatGoWhileItReads()
    {
        using LogRing ring = LogRing.Open(Path, s_small);
        using LogReader reader = new(ring, 3);
        Append(ring, s_run, 1, 100);
        ulong first = reader.Read(ulong.MaxValue, 1)[0].Cursor;
        Append(ring, s_run, 101, 1000);

        List<ulong> rest = [];
        while (reader.Read(ulong.MaxValue, 7) is { Count: > 0 } some)
        {
            rest.AddRange(some.Select(line => line.Cursor));
        }

        Assert.InRange(first, 4UL, 100UL);
        Assert.Equal(rest.Order().Distinct(), rest);
        Assert.Equal((true, 1000UL), (rest[0] > 900, rest[^1]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-1)]
    public void Reader_SegmentDeletedByHand_GoesOnBehindIt(int deleted)
    {
        using LogRing ring = LogRing.Open(Path, s_small);
        Append(ring, s_run, 1, 1000);
        string[] files = [.. Directory.GetFiles(Path).Order(StringComparer.Ordinal)];
        List<ulong> whole = [.. ring.Last(int.MaxValue).Select(line => line.Cursor)];
        File.Delete(files[deleted < 0 ? files.Length + deleted : deleted]);

        using LogReader reader = new(ring, 0);
        List<ulong> read = [.. reader.Read(ulong.MaxValue, int.MaxValue).Select(line => line.Cursor)];

        Assert.InRange(read.Count, 1, whole.Count - 1);
        Assert.Subset(whole.ToHashSet(), read.ToHashSet());
        Assert.Equal(read.Order().Distinct(), read);
        Assert.Empty(reader.Read(ulong.MaxValue, int.MaxValue));
    }

    /// <summary>Whatever a power cut leaves of the last file, what is good stays, and the log goes on behind it.</summary>
    [Fact]
    public void Open_FileTornAtAnyByte_KeepsTheWholeLinesAndGoesOn()
    {
        using (LogRing ring = LogRing.Open(Path, LogLimits.Default))
        {
            Append(ring, s_run, 1, 4);
            Append(ring, s_later, 1, 3);
        }

        string file = Directory.GetFiles(Path).Single();
        byte[] whole = File.ReadAllBytes(file);
        int before = -1;
        for (int length = 0; length <= whole.Length; length++)
        {
            foreach (byte[] tail in (byte[][])[[], new byte[40], [.. Enumerable.Repeat((byte)0xFF, 9)]])
            {
                File.WriteAllBytes(file, [.. whole[..length], .. tail]);
                using LogRing ring = LogRing.Open(Path, LogLimits.Default);
                IReadOnlyList<SessionLogEntry> kept = ring.Last(100);
                Assert.Equal(Enumerable.Range(1, kept.Count).Select(i => (ulong)i), kept.Select(line => line.Cursor));
                Assert.True(kept.Count >= before);
                before = Math.Max(before, kept.Count);

                Guid next = Guid.NewGuid();
                Assert.True(Append(ring, next, 1));
                Assert.Equal((ulong)kept.Count + 1, ring.Last(1)[0].Cursor);
                Assert.Equal(new LogPosition(next, 1), ring.Position);
            }
        }

        Assert.Equal(7, before);
    }

    /// <summary>A power cut between any two writes leaves a directory that some moment had: each of them opens to a beginning of the log.</summary>
    [Fact]
    public void Open_AfterAPowerCutAtEveryWrite_HasABeginningOfWhatWasWritten()
    {
        using LogRing ring = LogRing.Open(Path, s_small);
        for (ulong i = 1; i <= 200; i++)
        {
            Append(ring, s_run, i);
            string copy = _directory[$"cut-{i}"];
            Directory.CreateDirectory(copy);
            foreach (string file in Directory.GetFiles(Path))
            {
                File.Copy(file, System.IO.Path.Combine(copy, System.IO.Path.GetFileName(file)));
            }

            if (i % 3 == 0)
            {
                // The next segment was made, its first bytes did not come to the disk.
                File.WriteAllBytes(System.IO.Path.Combine(copy, $"{i + 1:D20}.log"), i % 2 == 0 ? [] : "MVM"u8.ToArray());
            }

            using LogRing cut = LogRing.Open(copy, s_small);
            Assert.Equal(new LogPosition(s_run, i), cut.Position);
            Assert.Equal(i, cut.Last(1).Single().Cursor);
            Assert.False(Append(cut, s_run, i));
            Assert.True(Append(cut, s_run, i + 1));
            Assert.Equal([i, i + 1], cut.Last(2).Select(line => line.Cursor));
        }
    }

    [Fact]
    public void Open_FlippedBitInTheMiddle_HasTheLinesBeforeIt()
    {
        using (LogRing ring = LogRing.Open(Path, LogLimits.Default))
        {
            Append(ring, s_run, 1, 10);
        }

        string file = Directory.GetFiles(Path).Single();
        byte[] bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(file, bytes);

        using LogRing opened = LogRing.Open(Path, LogLimits.Default);

        Assert.InRange(opened.Last(100).Count, 3, 6);
    }

    [Fact]
    public void Age_OldSegments_GoAndCursorsAndPositionGoOn()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using (LogRing ring = LogRing.Open(Path, s_small))
        {
            Append(ring, s_run, 1, 30);
            Assert.False(ring.Age(now + TimeSpan.FromDays(6)));
            Assert.Equal(30, ring.Last(100).Count);

            Assert.True(ring.Age(now + TimeSpan.FromDays(8)));
            Assert.Empty(ring.Last(100));
        }

        using LogRing again = LogRing.Open(Path, s_small);
        Assert.False(Append(again, s_run, 30));
        Assert.True(Append(again, s_run, 31));
        Assert.Equal(31UL, again.Last(1)[0].Cursor);
    }

    [Fact]
    public void Age_FileOfAClockThatWasNotSet_BeginsToAgeNow()
    {
        using LogRing ring = LogRing.Open(Path, s_small);
        Append(ring, s_run, 1);
        File.SetLastWriteTimeUtc(Directory.GetFiles(Path).Single(), DateTime.UnixEpoch.AddDays(1));

        Assert.False(ring.Age(DateTimeOffset.UtcNow));

        Assert.Single(ring.Last(10));
    }

    [Theory]
    [InlineData(1970)]
    [InlineData(2099)]
    public void Age_ClockIsWrongByDecades_DeletesNothing(int year)
    {
        using LogRing ring = LogRing.Open(Path, s_small);
        Append(ring, s_run, 1);

        Assert.False(ring.Age(new DateTimeOffset(year, 1, 2, 0, 0, 0, TimeSpan.Zero)));

        Assert.Single(ring.Last(10));
    }

    [Fact]
    public async Task Wait_NewLine_CompletesAndADeletedLogDoesToo()
    {
        using LogRing ring = LogRing.Open(Path, s_small);
        Append(ring, s_run, 1);
        Task line = ring.WaitAsync(1, default);
        Assert.False(line.IsCompleted);
        Append(ring, s_run, 2);
        await Phase.Of("line", line);
        Assert.Equal((2UL, true), (ring.Sync(), ring.WaitAsync(1, default).IsCompleted));

        Task gone = ring.WaitAsync(2, default);
        ring.Delete();
        await Phase.Of("end", gone);
        Assert.False(Directory.Exists(Path));
    }

    [Fact]
    public void Open_DirectoryThatIsAFile_IsSaidInOneLine()
    {
        File.WriteAllText(Path, "");

        Assert.StartsWith($"log {Path}: ", Assert.Throws<StoreException>(() => LogRing.Open(Path, s_small)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private static GuestLogLine Line(ulong sequence) => new(sequence, 7, LogStream.Stderr, $"line {sequence}");

    private static bool Append(LogRing ring, Guid run, ulong sequence) => ring.Append(run, Line(sequence), out _);

    private static void Append(LogRing ring, Guid run, ulong first, ulong last)
    {
        for (ulong i = first; i <= last; i++)
        {
            Append(ring, run, i);
        }
    }
}
