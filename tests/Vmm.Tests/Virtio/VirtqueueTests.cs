using CsCheck;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Virtio;

public sealed class VirtqueueTests : IDisposable
{
    private const ulong RamEnd = 1 << 20;
    private const ulong Ring = 0x10000;
    private const ulong Data = 0x40000;
    private const ulong IndirectTable = 0x30000;

    private readonly GuestMemory _memory = new([new(new(0), RamEnd, 0), new(new(RamEnd * 2), RamEnd, RamEnd)]);
    private readonly ChainBuffers _buffers = new(256);

    public void Dispose() => _memory.Dispose();

    private Virtqueue NewQueue(out GuestQueue driver, ulong features = VirtioFeature.Ring, ushort size = 16)
    {
        driver = new GuestQueue(_memory, Ring, size);
        var config = new VirtqueueConfig
        {
            Size = size,
            Ready = true,
            DescriptorTable = driver.DescriptorTable,
            AvailableRing = driver.AvailableRing,
            UsedRing = driver.UsedRing,
        };
        Assert.Equal(GuestFault.None, Virtqueue.TryCreate(_memory, config, 256, features, out Virtqueue? queue));
        return queue!;
    }

    private GuestFault PopAndFill(Virtqueue queue)
    {
        if (!queue.TryPop(out DescriptorChain chain))
        {
            return queue.Fault;
        }

        return _buffers.Fill(ref chain);
    }

    [Fact]
    public void Pop_OfAChain_GivesItsBuffersInOrder()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.Offer(3, (Data, 10, false), (Data + 100, 20, false), (Data + 200, 5, true));
        Assert.Equal(GuestFault.None, PopAndFill(queue));
        Assert.Equal((30u, 5u), (_buffers.ReadableBytes, _buffers.WritableBytes));
        Assert.False(queue.TryPop(out _));
    }

    [Fact]
    public void Complete_PublishesElementThenIndex()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.Offer(7, (Data, 10, true));
        Assert.True(queue.TryPop(out DescriptorChain chain));
        queue.Complete(chain.Head, 9);
        Assert.Equal((7u, 9u), (driver.TakeUsed()!.Value.Head, 9u));
        Assert.Equal((ushort)1, driver.UsedIndex);
    }

    [Theory]
    [InlineData(17)]
    [InlineData(0x8000)]
    [InlineData(0xffff)]
    public void AvailableIndex_FurtherThanTheQueue_IsAFaultThatStays(ushort index)
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.SetAvailableIndex(index);
        Assert.False(queue.TryPop(out _));
        Assert.Equal(GuestFault.AvailableIndexJump, queue.Fault);
        driver.SetAvailableIndex(1);
        Assert.False(queue.TryPop(out _));
        Assert.False(queue.EnableNotifications());
    }

    [Fact]
    public void Head_OutsideTheTable_IsAFault()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.MakeAvailable(16);
        Assert.Equal(GuestFault.DescriptorIndex, PopAndFill(queue));
    }

    [Fact]
    public void Head_OfferedTwiceWhileInFlight_IsAFault()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.Offer(2, (Data, 8, true));
        driver.MakeAvailable(2);
        Assert.True(queue.TryPop(out _));
        Assert.False(queue.TryPop(out _));
        Assert.Equal(GuestFault.HeadInFlight, queue.Fault);
    }

    [Fact]
    public void Head_OfferedAgainAfterItsReturn_IsFine()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        for (int i = 0; i < 70_000; i++)
        {
            driver.Offer(2, (Data, 8, true));
            Assert.True(queue.TryPop(out DescriptorChain chain));
            queue.Complete(chain.Head, 0);
        }

        Assert.Equal(unchecked((ushort)70_000), driver.UsedIndex);
    }

    [Fact]
    public void UndoPop_GivesTheSameChainAgain()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.Offer(2, (Data, 8, true));
        Assert.True(queue.TryPop(out DescriptorChain chain));
        queue.UndoPop(chain.Head);
        Assert.True(queue.TryPop(out chain));
        Assert.Equal(2, chain.Head);
    }

    [Fact]
    public void Chain_ThatLoops_IsAFault()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.SetDescriptor(0, Data, 1, Descriptor.FlagNext, 1);
        driver.SetDescriptor(1, Data, 1, Descriptor.FlagNext, 0);
        driver.MakeAvailable(0);
        Assert.Equal(GuestFault.ChainTooLong, PopAndFill(queue));
    }

    [Fact]
    public void Chain_NextOutsideTheTable_IsAFault()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.SetDescriptor(0, Data, 1, Descriptor.FlagNext, 16);
        driver.MakeAvailable(0);
        Assert.Equal(GuestFault.DescriptorIndex, PopAndFill(queue));
    }

    [Fact]
    public void Chain_OfAsManyDescriptorsAsTheQueue_IsFine()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.Offer(0, [.. Enumerable.Range(0, 16).Select(i => (Data + ((ulong)i * 8), 8u, i > 7))]);
        Assert.Equal(GuestFault.None, PopAndFill(queue));
        Assert.Equal((64u, 64u), (_buffers.ReadableBytes, _buffers.WritableBytes));
    }

    [Fact]
    public void Chain_Of2To32Bytes_IsAFault()
    {
        using var large = new GuestMemory([new(new(0), 1UL << 31, 0)]);
        var driver = new GuestQueue(large, Ring, 16);
        var config = new VirtqueueConfig
        {
            Size = 16,
            Ready = true,
            DescriptorTable = driver.DescriptorTable,
            AvailableRing = driver.AvailableRing,
            UsedRing = driver.UsedRing,
        };
        Assert.Equal(GuestFault.None, Virtqueue.TryCreate(large, config, 256, VirtioFeature.Ring, out Virtqueue? queue));
        driver.Offer(0, (0, 1u << 31, false), (0, 1u << 31, false));
        Assert.Equal(GuestFault.ChainTooLarge, PopAndFill(queue!));
    }

    [Theory]
    [InlineData(RamEnd - 4, 8u)]
    [InlineData(RamEnd, 1u)]
    [InlineData(RamEnd * 2 - 1, 2u)]
    [InlineData(RamEnd * 3 - 1, 2u)]
    [InlineData(0xffff_ffff_ffff_fff8UL, 16u)]
    [InlineData(0xffff_ffff_ffff_ffffUL, 0xffff_ffffu)]
    [InlineData(0UL, 0xffff_ffffu)]
    public void Buffer_StraddlingTheEndOrAHoleOrWrapping_IsAFault(ulong address, uint length)
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.Offer(0, (address, length, false));
        Assert.Equal(GuestFault.BufferOutsideMemory, PopAndFill(queue));
    }

    [Fact]
    public void Buffer_OfNoBytes_IsFineWhereverItPoints()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.Offer(0, (0xffff_ffff_ffff_ffff, 0, false), (Data, 4, true));
        Assert.Equal(GuestFault.None, PopAndFill(queue));
        Assert.Equal((0u, 4u), (_buffers.ReadableBytes, _buffers.WritableBytes));
    }

    [Fact]
    public void Readable_BehindWritable_IsAFault()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.Offer(0, (Data, 4, true), (Data, 4, false));
        Assert.Equal(GuestFault.ReadableAfterWritable, PopAndFill(queue));
    }

    [Fact]
    public void Indirect_Table_IsWalked()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.SetDescriptor(0, Data, 4, Descriptor.FlagNext, 1);
        driver.SetDescriptor(1, IndirectTable, 48, Descriptor.FlagIndirect);
        driver.SetDescriptorAt(IndirectTable, 0, Data, 8, Descriptor.FlagNext, 2);
        driver.SetDescriptorAt(IndirectTable, 2, Data, 16, Descriptor.FlagWrite);
        driver.MakeAvailable(0);
        Assert.Equal(GuestFault.None, PopAndFill(queue));
        Assert.Equal((12u, 16u), (_buffers.ReadableBytes, _buffers.WritableBytes));
    }

    [Fact]
    public void Indirect_NestedInIndirect_IsAFault()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.SetDescriptor(0, IndirectTable, 32, Descriptor.FlagIndirect);
        driver.SetDescriptorAt(IndirectTable, 0, IndirectTable, 32, Descriptor.FlagIndirect);
        driver.MakeAvailable(0);
        Assert.Equal(GuestFault.IndirectTable, PopAndFill(queue));
    }

    [Theory]
    [InlineData(0u, IndirectTable, Descriptor.FlagIndirect)]
    [InlineData(17u, IndirectTable, Descriptor.FlagIndirect)]
    [InlineData(16u, IndirectTable, Descriptor.FlagIndirect | Descriptor.FlagNext)]
    [InlineData(32u, RamEnd - 16, Descriptor.FlagIndirect)]
    [InlineData(0xffff_fff0u, IndirectTable, Descriptor.FlagIndirect)]
    [InlineData(32u, 0xffff_ffff_ffff_fff0UL, Descriptor.FlagIndirect)]
    public void Indirect_EmptyRaggedChainedOrOutsideMemory_IsAFault(uint length, ulong address, int flags)
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.SetDescriptor(0, address, length, (ushort)flags);
        driver.MakeAvailable(0);
        Assert.Equal(GuestFault.IndirectTable, PopAndFill(queue));
    }

    [Fact]
    public void Indirect_NotNegotiated_IsAFault()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver, VirtioFeature.Version1);
        driver.SetDescriptor(0, IndirectTable, 16, Descriptor.FlagIndirect);
        driver.MakeAvailable(0);
        Assert.Equal(GuestFault.IndirectTable, PopAndFill(queue));
    }

    [Fact]
    public void Indirect_TableThatLoops_IsAFault()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.SetDescriptor(0, IndirectTable, 16 * 4096, Descriptor.FlagIndirect);
        driver.SetDescriptorAt(IndirectTable, 0, Data, 1, Descriptor.FlagNext, 0);
        driver.MakeAvailable(0);
        Assert.Equal(GuestFault.ChainTooLong, PopAndFill(queue));
    }

    [Fact]
    public void ShouldInterrupt_WithoutEventIndex_FollowsTheFlag()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver, VirtioFeature.Version1);
        Assert.False(queue.ShouldInterrupt());
        ReturnOne(queue, driver);
        Assert.True(queue.ShouldInterrupt());
        Assert.False(queue.ShouldInterrupt());
        driver.SetAvailableFlags(1);
        ReturnOne(queue, driver);
        Assert.False(queue.ShouldInterrupt());
    }

    [Fact]
    public void ShouldInterrupt_WithEventIndex_OnlyWhenTheEventIsCrossed()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        driver.SetUsedEvent(2);
        ReturnOne(queue, driver);
        Assert.False(queue.ShouldInterrupt());
        ReturnOne(queue, driver);
        Assert.False(queue.ShouldInterrupt());
        ReturnOne(queue, driver);
        Assert.True(queue.ShouldInterrupt());
    }

    [Fact]
    public void EnableNotifications_WithEventIndex_PublishesTheIndexAndSeesLateChains()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver);
        ReturnOne(queue, driver);
        Assert.False(queue.EnableNotifications());
        Assert.Equal((ushort)1, driver.AvailableEvent);
        driver.Offer(0, (Data, 1, true));
        Assert.True(queue.EnableNotifications());
    }

    [Fact]
    public void SuppressNotifications_WithoutEventIndex_SetsAndClearsTheFlag()
    {
        Virtqueue queue = NewQueue(out GuestQueue driver, VirtioFeature.Version1);
        queue.SuppressNotifications();
        Assert.Equal((ushort)1, driver.UsedFlags);
        queue.EnableNotifications();
        Assert.Equal((ushort)0, driver.UsedFlags);
    }

    [Fact]
    public void CrossedEvent_AllWraps_AgreesWithAWideCount()
    {
        // Wide counters cannot wrap: the event is crossed when it lies in [old, new).
        Gen.Select(Gen.Int[0, 65535], Gen.Int[0, 300], Gen.Int[0, 65535]).Sample(
            (old, moved, ahead) =>
            {
                int index = old + ahead;
                bool expected = ahead < moved;
                return Virtqueue.CrossedEvent((ushort)index, (ushort)(old + moved), (ushort)old) == expected;
            },
            iter: 20_000);
    }

    [Fact]
    public void Walk_OfRandomTables_EndsAndStaysInMemory()
    {
        Gen<(ulong Address, uint Length, ushort Flags, ushort Next)> descriptor = Gen.Select(
            Gen.OneOf(Gen.ULong, Gen.ULong[0, RamEnd * 3], Gen.Const(IndirectTable)),
            Gen.OneOf(Gen.UInt, Gen.UInt[0, 64], Gen.UInt[0, 20].Select(n => n * 16)),
            Gen.UShort[0, 7],
            Gen.UShort[0, 17]);
        Gen.Select(descriptor.Array[16], descriptor.Array[8], Gen.UShort[0, 18].Array[1, 16]).Sample(
            (direct, indirect, heads) =>
            {
                Virtqueue queue = NewQueue(out GuestQueue driver);
                Fill(driver, driver.DescriptorTable, direct);
                Fill(driver, IndirectTable, indirect);
                driver.SetAvailableIndex(0);
                foreach (ushort head in heads)
                {
                    driver.MakeAvailable(head);
                }

                int popped = 0;
                while (queue.TryPop(out DescriptorChain chain))
                {
                    popped++;
                    GuestFault fault = _buffers.Fill(ref chain);
                    if (fault == GuestFault.None)
                    {
                        _buffers.TryCopyTo(0, "x"u8);
                        queue.Complete(chain.Head, 1);
                    }
                    else
                    {
                        queue.Fail(fault);
                    }

                    // What was written may have been a ring: put it back, so that only the table is random.
                    driver.SetAvailableIndex((ushort)heads.Length);
                }

                return popped <= heads.Length;
            },
            iter: 5_000,
            threads: 1);
    }

    private static void Fill(GuestQueue driver, ulong table, (ulong Address, uint Length, ushort Flags, ushort Next)[] descriptors)
    {
        for (uint i = 0; i < descriptors.Length; i++)
        {
            driver.SetDescriptorAt(table, i, descriptors[i].Address, descriptors[i].Length, descriptors[i].Flags, descriptors[i].Next);
        }
    }

    private static void ReturnOne(Virtqueue queue, GuestQueue driver)
    {
        driver.Offer(0, (Data, 1, true));
        Assert.True(queue.TryPop(out DescriptorChain chain));
        queue.Complete(chain.Head, 1);
    }
}
