namespace MicroVm.EdgeAgent.Interop.Kvm.X64;

/// <summary><c>struct kvm_segment</c> of x86.</summary>
internal struct KvmSegment
{
    internal ulong Base;
    internal uint Limit;
    internal ushort Selector;
    internal byte Type;
    internal byte Present;
    internal byte Dpl;
    internal byte Db;
    internal byte S;
    internal byte L;
    internal byte G;
    internal byte Avl;
    internal byte Unusable;
}
